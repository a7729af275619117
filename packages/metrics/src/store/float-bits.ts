import { endianness } from "node:os";

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const high = endianness() === "LE" ? 1 : 0;

/**
 * Sign, exponent and the first 20 mantissa bits of a double. For positive numbers it grows with the number, so
 * shifted right by `20 - n` it cuts each power of two into 2^n equal cells: a logarithm for the price of a load.
 */
export const highWord = (value: number): number => {
  double[0] = value;
  return words[high]!;
};

/** The smallest positive double whose high word is `word`. */
export const fromHighWord = (word: number): number => {
  words[1 - high] = 0;
  words[high] = word;
  return double[0]!;
};
