import { requireInteger, requireNumber } from "../validation.ts";

// W3C Trace Context Level 2 and OpenTelemetry's consistent probability sampling: a span is kept when its 56 random bits R are
// at least the rejection threshold T. Both are texts of 14 lower-case hexadecimal digits here: their order as texts is their
// order as numbers, so a decision compares characters, nearly always just one, and needs no BigInt.
const digitCount = 14;
const half = 2 ** 28;
const halfDigits = digitCount / 2;
const randomStart = 18;

/** Fourteen hexadecimal digits, or {@link rejectAll}. */
export type Threshold = string;

/** Greater than every randomness: what the ratio 0 means. It cannot be written into a tracestate. */
export const rejectAll: Threshold = "g";

/** Significant hexadecimal digits of a threshold that the specification recommends. */
export const defaultPrecisionDigits = 4;

/** The threshold of a probability, rounded to `precisionDigits` digits behind the leading `f`s or zeros. */
export const thresholdOf = (ratio: number, precisionDigits: number = defaultPrecisionDigits): Threshold => {
  requireNumber("ratio", ratio, 0, 1);
  requireInteger("precisionDigits", precisionDigits, 1, digitCount);
  const kept = Math.round(ratio * half * half);
  if (kept === 0) return rejectAll;
  // In two halves of 28 bits, because a number has 53.
  const keptHigh = Math.floor(kept / half);
  const keptLow = kept - keptHigh * half;
  const [high, low] = keptLow === 0 ? [half - keptHigh, 0] : [half - keptHigh - 1, half - keptLow];
  return rounded(high, low, Math.min(digitCount, precisionDigits + leadingDigits(ratio)));
};

/** Digits that say nothing about a small probability (`f`) or a small rest (`0`). */
const leadingDigits = (ratio: number): number =>
  Math.max(0, Math.floor(-Math.log2(Math.min(ratio, 1 - ratio) || 1) / 4 - Number.EPSILON));

const rounded = (high: number, low: number, keptDigits: number): Threshold => {
  const unit = 16 ** (digitCount - keptDigits);
  if (unit >= half) {
    const step = unit / half;
    const up = Math.floor((high + low / half + step / 2) / step) * step;
    return digitsOf(Math.min(up, half - step), 0);
  }
  const up = Math.floor((low + unit / 2) / unit) * unit;
  if (up < half) return digitsOf(high, up);
  return high + 1 < half ? digitsOf(high + 1, 0) : digitsOf(high, half - unit);
};

const digitsOf = (high: number, low: number): Threshold =>
  high.toString(16).padStart(halfDigits, "0") + low.toString(16).padStart(halfDigits, "0");

/** The probability of a threshold. */
export const ratioOf = (threshold: Threshold): number => {
  if (threshold === rejectAll) return 0;
  const [high, low] = [threshold.slice(0, halfDigits), threshold.slice(halfDigits)];
  return (half - parseInt(high, 16) - parseInt(low, 16) / half) / half;
};

/** The value of `ot=th:`: hexadecimal without trailing zeros. `undefined` for {@link rejectAll}. */
export const formatThreshold = (threshold: Threshold): string | undefined =>
  threshold === rejectAll ? undefined : threshold.replace(/0+$/, "") || "0";

/** Reads `ot=th:` (1 to 14 digits, zeros implied). `undefined` for anything else. */
export const parseThreshold = (text: string): Threshold | undefined =>
  /^[0-9a-f]{1,14}$/.test(text) ? text.padEnd(digitCount, "0") : undefined;

/** Reads `ot=rv:` (14 digits). `undefined` for anything else. */
export const parseRandomness = (text: string): string | undefined => (/^[0-9a-f]{14}$/.test(text) ? text : undefined);

/** Whether the randomness in `text`, from character `start` on, passes `threshold`. Allocates nothing. */
export const passes = (text: string, threshold: Threshold, start = 0): boolean => {
  for (let index = 0; index < threshold.length; index++) {
    const difference = text.charCodeAt(start + index) - threshold.charCodeAt(index);
    if (difference !== 0) return difference > 0;
  }
  return true;
};

/** Whether the last 56 bits of a trace id pass `threshold`. */
export const traceIdPasses = (traceId: string, threshold: Threshold): boolean =>
  passes(traceId, threshold, randomStart);
