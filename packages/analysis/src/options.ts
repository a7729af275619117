import type { Clock, Log } from "./ports.ts";
import { defaultRules } from "./rules/default-rules.ts";
import type { PerformanceRule } from "./types.ts";
import { checkInteger, checkKeys, checkMethods, checkNumber } from "./validate.ts";

/** What a `PerformanceAnalyzer` can be told. */
export interface AnalyzerOptions {
  /** Samples kept; the oldest go first. Default 1000. */
  readonly maxHistorySize?: number | undefined;
  /** Resolved incidents kept; the oldest go first. Default 1000. */
  readonly maxResults?: number | undefined;
  /** Time between two analyses after `start()`, in milliseconds. Default 10000. */
  readonly analysisIntervalMs?: number | undefined;
  /** Time a collector has for one sample, in milliseconds. Default 5000. */
  readonly collectTimeoutMs?: number | undefined;
  /** The rules to begin with. Default: `defaultRules()`. */
  readonly rules?: readonly PerformanceRule[] | undefined;
  /** In Unix milliseconds, as the samples are. Default: `Date`. */
  readonly clock?: Clock | undefined;
  /** Default: silent. */
  readonly log?: Log | undefined;
}

/** The options with their defaults filled in. */
export type CompleteOptions = { readonly [Key in keyof AnalyzerOptions]-?: NonNullable<AnalyzerOptions[Key]> };

const ignore = (): void => {};

const analyzerDefaults: CompleteOptions = Object.freeze({
  maxHistorySize: 1000,
  maxResults: 1000,
  analysisIntervalMs: 10_000,
  collectTimeoutMs: 5_000,
  rules: Object.freeze(defaultRules()),
  clock: Object.freeze({ now: () => Date.now() }),
  log: Object.freeze({ info: ignore, warn: ignore, error: ignore }),
});

/** A timer with a longer delay would go off at once. */
const longestDelayMs = 2 ** 31 - 1;
const mostEntries = 1_000_000;

/** The options with their defaults. Throws a `TypeError` or `RangeError` that names the option and the value. */
export const completeOptions = (options: AnalyzerOptions): CompleteOptions => {
  checkKeys("options", options, Object.keys(analyzerDefaults));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const complete: CompleteOptions = { ...analyzerDefaults, ...given };
  checkInteger("maxHistorySize", complete.maxHistorySize, 1, mostEntries);
  checkInteger("maxResults", complete.maxResults, 1, mostEntries);
  checkNumber("analysisIntervalMs", complete.analysisIntervalMs, 1, longestDelayMs);
  checkNumber("collectTimeoutMs", complete.collectTimeoutMs, 1, longestDelayMs);
  if (!Array.isArray(complete.rules)) throw new TypeError(`rules must be an array, got ${typeof complete.rules}`);
  checkMethods("clock", complete.clock, ["now"]);
  checkMethods("log", complete.log, ["info", "warn", "error"]);
  return complete;
};
