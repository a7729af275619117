import { ExecutorError } from "../../errors.ts";
import type { Link, LinkLifetime, LinkOrigin } from "../../types.ts";

/** A lifetime as the scripts take it: seconds, 0 for persistent. */
export const lifetimeText = (lifetimeSeconds: LinkLifetime): string =>
  lifetimeSeconds === "persistent" ? "0" : `${lifetimeSeconds}`;

// A negative lifetime marks a link that was removed with a grace: a temporary one, which is not extended.
const pattern = /^(\d+):(\d+):(\d+):(-?\d+):(new|move|takeover|restart)$/;

/** Throws `CORRUPT_VALUE` for a text that no version of this package wrote. */
export const parseLink = (text: string): Link => {
  const match = pattern.exec(text);
  if (!match) {
    throw new ExecutorError(
      "CORRUPT_VALUE",
      `a link must read pod:incarnation:fence:lifetimeSeconds:origin, got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  const lifetimeSeconds = Number(match[4]);
  return {
    pod: Number(match[1]),
    incarnation: Number(match[2]),
    fence: Number(match[3]),
    lifetimeSeconds: lifetimeSeconds === 0 ? "persistent" : Math.abs(lifetimeSeconds),
    origin: match[5] as LinkOrigin,
  };
};
