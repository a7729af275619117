/**
 * Patterns of secrets in text, by name. None takes more than a bounded time per character of the text: no quantifier stands
 * inside another one, and what may be long is looked at once, from its beginning only.
 */
export const secretPatterns: Readonly<Record<SecretPattern, RegExp>> = Object.freeze({
  /** 13 to 19 digits with single blanks or dashes between them. */
  card: /\b\d(?:[ -]?\d){12,18}\b/g,
  /** Three words with dots between them, the first of which holds the beginning of a JSON object in base64. `(?=(x))\1` is an x that is never given back. */
  jwt: /(?<![\w-])(?=[\w-]*eyJ[\w-]{4})(?=([\w-]+))\1\.(?=([\w-]{4,}))\2\.(?=([\w-]*))\3/g,
  email: /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g,
  bearer: /\b[Bb]earer [\w.~+/=-]{8,4096}/g,
});

/** The built-in patterns. */
export type SecretPattern = "card" | "jwt" | "email" | "bearer";

/** A quantified group that holds a quantifier: the form behind nearly all catastrophic patterns. */
const nestedQuantifier = /\((?:[^()\\]|\\.)*(?:[*+]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d+,\})/;

/** `pattern` with the flag `g`, or a `RangeError` where it repeats a group that repeats something, and could take exponential time. */
export const safePattern = (pattern: RegExp): RegExp => {
  if (nestedQuantifier.test(pattern.source))
    throw new RangeError(`patterns must not nest unbounded quantifiers, got ${pattern}`);
  return pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);
};
