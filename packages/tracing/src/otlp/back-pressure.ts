import type { IncomingHttpHeaders } from "node:http";
import type { Random } from "../ports.ts";

/** The wall time in ms since 1970; `Retry-After` may name a date. */
export type WallClock = () => number;

/** HTTP dates begin with a day's name; `Date.parse` alone takes nearly anything. */
const startsWithDay = /^[A-Z][a-z]{2,8},? /;

/** A `Retry-After` beyond this is taken for a mistake: it would end tracing without a word. */
const maxPauseMs = 3_600_000;

/** The delay that a `Retry-After` header asks for, in ms: whole seconds or an HTTP date, 0 to an hour. `undefined` for none or garbage. */
export const retryAfterMs = (headers: IncomingHttpHeaders, now: number): number | undefined => {
  const text = headers["retry-after"]?.trim();
  if (!text) return undefined;
  if (/^-?\d+$/.test(text)) return boundedPause(Number(text) * 1_000);
  const date = startsWithDay.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : boundedPause(date - now);
};

const boundedPause = (ms: number): number => Math.min(maxPauseMs, Math.max(0, ms));

/** Exponential back-off with full jitter in its upper half: attempt 0 waits 0.5 to 1 times `initialMs`. */
export const backoffMs = (attempt: number, initialMs: number, maxMs: number, random: Random): number =>
  Math.min(maxMs, initialMs * 2 ** attempt) * (0.5 + random() / 2);

/** One pause for all requests to a receiver: what one request is told, all of them heed. */
export class BackPressure {
  #until = 0;

  /** Holds every request back until `until`. */
  pauseUntil(until: number): void {
    if (until > this.#until) this.#until = until;
  }

  /** How long a request must wait at `now`. */
  waitMs(now: number): number {
    return Math.max(0, this.#until - now);
  }
}
