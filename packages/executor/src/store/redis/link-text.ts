import { ExecutorError } from "../../errors.ts";
import type { Link, LinkLifetime, LinkOrigin } from "../../types.ts";

/** A lifetime as the scripts take it: seconds, 0 for persistent. */
export const lifetimeText = (lifetime: LinkLifetime): string => (lifetime === "persistent" ? "0" : `${lifetime}`);

/** The text of a link's key; the scripts compare it as a whole, so it must be the same to the letter everywhere. */
export const formatLink = ({ pod, incarnation, fence, lifetime, origin }: Link): string =>
  `${pod}:${incarnation}:${fence}:${lifetimeText(lifetime)}:${origin}`;

const pattern = /^(\d+):(\d+):(\d+):(\d+):(new|move|takeover|restart)$/;

/** Throws `CORRUPT_VALUE` for a text that no version of this package wrote. */
export const parseLink = (text: string): Link => {
  const match = pattern.exec(text);
  if (!match) {
    throw new ExecutorError(
      "CORRUPT_VALUE",
      `a link must read pod:incarnation:fence:lifetime:origin, got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  const lifetime = Number(match[4]);
  return {
    pod: Number(match[1]),
    incarnation: Number(match[2]),
    fence: Number(match[3]),
    lifetime: lifetime === 0 ? "persistent" : lifetime,
    origin: match[5] as LinkOrigin,
  };
};
