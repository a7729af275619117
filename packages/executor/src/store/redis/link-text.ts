import { ExecutorError } from "../../errors.ts";
import type { Link, LinkLifetime, LinkOrigin, Owner } from "../../types.ts";

/** A lifetime as the scripts take it: seconds, 0 for persistent. */
export const lifetimeText = (lifetimeSeconds: LinkLifetime): string =>
  lifetimeSeconds === "persistent" ? "0" : `${lifetimeSeconds}`;

const origins: readonly LinkOrigin[] = ["new", "takeover", "restart", "move"];
const colon = 58;
const minus = 45;
const zero = 48;

const corrupt = (text: string): ExecutorError =>
  new ExecutorError(
    "CORRUPT_VALUE",
    `a link must read pod:incarnation:fence:lifetimeSeconds:origin[>pod:incarnation:ms], got ${JSON.stringify(text.slice(0, 80))}`,
  );

const parseMark = (text: string, start: number): Owner => {
  const [, pod, incarnation] = /^>(\d+):(\d+):\d+$/.exec(text.slice(start)) ?? [];
  if (pod === undefined || incarnation === undefined) throw corrupt(text);
  return { pod: Number(pod), incarnation: Number(incarnation) };
};

/**
 * Throws `CORRUPT_VALUE` for a text that no version of this package wrote. One pass that makes no other object: a link is
 * read with every request that no hint answers, and `split` and `Number` would cost a tenth of the round trip.
 */
export const parseLink = (text: string): Link => {
  let pod = 0;
  let incarnation = 0;
  let fence = 0;
  let value = 0;
  let sign = 1;
  let part = 0;
  let start = 0;
  let index = 0;
  for (; part < 4 && index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === colon) {
      if (index === start || value > Number.MAX_SAFE_INTEGER) throw corrupt(text);
      if (part === 0) pod = value;
      else if (part === 1) incarnation = value;
      else if (part === 2) fence = value;
      if (++part === 4) continue;
      value = 0;
      start = index + 1;
    } else if (code >= zero && code <= zero + 9) {
      value = value * 10 + code - zero;
    } else if (code === minus && part === 3 && index === start) {
      sign = -1;
      start++;
    } else {
      throw corrupt(text);
    }
  }
  for (const origin of origins) {
    if (part !== 4 || !text.startsWith(origin, index)) continue;
    // A negative lifetime marks a link that was removed with a grace: a temporary one, which is not extended.
    if (value === 0 && sign < 0) break;
    const link: Link = { pod, incarnation, fence, lifetimeSeconds: value === 0 ? "persistent" : value, origin };
    const end = index + origin.length;
    return text.length === end ? link : { ...link, moving: parseMark(text, end) };
  }
  throw corrupt(text);
};
