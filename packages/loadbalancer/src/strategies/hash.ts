import type { Key, PodId } from "../types.ts";

/** Spreads the bits of a 32-bit integer: the finaliser of MurmurHash3 (A. Appleby), every input bit moves half of the output. */
export const mix = (value: number): number => {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
};

/** 32 bits of a text: FNV-1a over its UTF-16 units, then mixed; about 1 ns per character. */
const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
};

// Integers go without a string: one is built for other numbers only. The constant keeps 7 and "7" apart.
const hashInteger = (value: number): number =>
  mix(mix(value) ^ Math.imul((value / 0x1_0000_0000) | 0, 0x9e3779b1) ^ 0x5bd1e995);

/** The same in every process, so that gateways agree without talking. @throws TypeError where it is neither text nor number: all objects have one text. */
export const hashKey = (key: Key | PodId): number => {
  if (typeof key === "string") return hashText(key);
  if (Number.isSafeInteger(key)) return hashInteger(key);
  if (typeof key !== "number") throw new TypeError(`key must be a string or a number, got ${typeof key}`);
  return hashText(String(key));
};
