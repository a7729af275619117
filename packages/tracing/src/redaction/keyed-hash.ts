import { createHmac, randomBytes } from "node:crypto";

/** Hexadecimal digits of a hashed key: 64 bits, enough to tell keys apart and too short to be looked up without the secret. */
const hashDigits = 16;

/** Turns a key or uid into a short keyed hash (HMAC-SHA-256), equal for equal input and secret. */
export type KeyHash = (key: string) => string;

/** A {@link KeyHash} with `secret`. Without one a random secret is used: hashes then match within this process only. */
export const keyedHash = (secret: string | Uint8Array = randomBytes(32)): KeyHash => {
  if (secret.length === 0) throw new RangeError('secret must not be empty, got ""');
  return (key) => createHmac("sha256", secret).update(key).digest("hex").slice(0, hashDigits);
};
