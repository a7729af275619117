import { requireInteger, requireNumber } from "../validation.ts";

// W3C Trace Context Level 2 and OpenTelemetry's consistent probability sampling: a span is kept when its 56 random bits R are
// at least the rejection threshold T. Both are kept as two halves of 28 bits: exact without BigInt, and nearly always decided by the first.
const half = 2 ** 28;
const digits = 14;
const halfDigits = 7;
const randomStart = 18;

/** A 56-bit number in two halves. `high` is 2^28 for the threshold that rejects everything. */
export interface Bits56 {
  readonly high: number;
  readonly low: number;
}

/** Significant hexadecimal digits of a threshold that the specification recommends. */
export const defaultPrecisionDigits = 4;

/** The threshold of a probability, rounded to `precisionDigits` digits behind the leading `f`s or zeros. */
export const thresholdOf = (ratio: number, precisionDigits: number = defaultPrecisionDigits): Bits56 => {
  requireNumber("ratio", ratio, 0, 1);
  requireInteger("precisionDigits", precisionDigits, 1, digits);
  const kept = Math.round(ratio * half * half);
  const keptHigh = Math.floor(kept / half);
  const keptLow = kept - keptHigh * half;
  const exact: Bits56 =
    keptLow === 0 ? { high: half - keptHigh, low: 0 } : { high: half - keptHigh - 1, low: half - keptLow };
  return ratio === 0 ? exact : rounded(exact, Math.min(digits, precisionDigits + leadingDigits(ratio)));
};

/** Digits that say nothing about a small probability (`f`) or a small rest (`0`). */
const leadingDigits = (ratio: number): number =>
  Math.max(0, Math.floor(-Math.log2(Math.min(ratio, 1 - ratio) || 1) / 4 - Number.EPSILON));

const rounded = ({ high, low }: Bits56, keptDigits: number): Bits56 => {
  const unit = 16 ** (digits - keptDigits);
  if (unit >= half) {
    const step = unit / half;
    const up = Math.floor((high + low / half + step / 2) / step) * step;
    return { high: Math.min(up, half - step), low: 0 };
  }
  const up = Math.floor((low + unit / 2) / unit) * unit;
  if (up < half) return { high, low: up };
  return high + 1 < half ? { high: high + 1, low: 0 } : { high, low: half - unit };
};

/** The probability of a threshold. */
export const ratioOf = ({ high, low }: Bits56): number => (half - high - low / half) / half;

/** The value of `ot=th:`: hexadecimal without trailing zeros. */
export const formatThreshold = ({ high, low }: Bits56): string => {
  const text = high.toString(16).padStart(halfDigits, "0") + low.toString(16).padStart(halfDigits, "0");
  return text.replace(/0+$/, "") || "0";
};

/** Reads `ot=th:` (1 to 14 digits, zeros implied) or, with `exact`, `ot=rv:` (14 digits). `undefined` for anything else. */
export const parseBits = (text: string, exact = false): Bits56 | undefined => {
  if (!(exact ? /^[0-9a-f]{14}$/ : /^[0-9a-f]{1,14}$/).test(text)) return undefined;
  const padded = text.padEnd(digits, "0");
  return { high: parseInt(padded.slice(0, halfDigits), 16), low: parseInt(padded.slice(halfDigits), 16) };
};

/** Whether randomness `bits` passes `threshold`. */
export const passes = (bits: Bits56, threshold: Bits56): boolean =>
  bits.high === threshold.high ? bits.low >= threshold.low : bits.high > threshold.high;

/** Whether the last 56 bits of a trace id pass `threshold`. Allocates nothing. */
export const traceIdPasses = (traceId: string, threshold: Bits56): boolean => {
  const high = hexAt(traceId, randomStart);
  if (high !== threshold.high) return high > threshold.high;
  return hexAt(traceId, randomStart + halfDigits) >= threshold.low;
};

const hexAt = (text: string, start: number): number => {
  let value = 0;
  for (let at = start; at < start + halfDigits; at++) {
    const code = text.charCodeAt(at);
    value = (value << 4) | (code <= 57 ? code - 48 : (code | 32) - 87);
  }
  return value;
};
