import { requireInteger, requireOneOf } from "../validation.ts";
import { type KeyHash, keyedHash } from "./keyed-hash.ts";
import { type SecretPattern, safePattern, secretPatterns } from "./patterns.ts";
import { wildcard } from "./wildcard.ts";

/** What happens to a secret: the attribute is dropped, its text masked, or replaced by a keyed hash that still groups equal values. */
export type RedactionMode = "drop" | "mask" | "hash";

/** One rule. A key rule hides whole values, a pattern rule the matching parts of texts. */
export type RedactionRule =
  | { readonly keys: readonly string[]; readonly mode: RedactionMode }
  | { readonly patterns: readonly (SecretPattern | RegExp)[]; readonly mode: Exclude<RedactionMode, "drop"> };

/** Options of a {@link Redactor}. */
export interface RedactorOptions {
  /** Keys are compared without case and may hold `*`. The first matching key rule decides; every pattern rule is applied. */
  readonly rules?: readonly RedactionRule[];
  /** Masks the values of URL queries in every text that holds a URL, except of these parameters. `undefined` leaves URLs alone. */
  readonly keepQueryParameters?: readonly string[] | undefined;
  /** Secret of the hash mode. Default: random per process. */
  readonly hashSecret?: string | Uint8Array;
  /** Longer texts are cut before they are searched, so that a pattern's time is bounded. */
  readonly maxTextLength?: number;
}

/** Credentials and contact data under their usual names, and card numbers, tokens and e-mail addresses anywhere. */
export const defaultRedactionRules: readonly RedactionRule[] = Object.freeze([
  {
    keys: ["*authorization*", "*cookie*", "*password*", "*passwd*", "*secret*", "*api-key*", "*api_key*"],
    mode: "mask",
  },
  { keys: ["user.id", "enduser.id", "session.id", "user.email"], mode: "hash" },
  { patterns: ["jwt", "bearer", "card", "email"], mode: "mask" },
] as const);

const mask = "[redacted]";
const cutMark = "[cut]";
const defaultMaxTextLength = 16_384;
const maxDepth = 30;
/** One query value: what follows `=` up to the next separator. */
const queryValue = /([?&;])([^=&#\s;]{1,256})=([^&#\s;"']{0,4096})/g;

interface KeyRule {
  readonly matches: (key: string) => boolean;
  readonly mode: RedactionMode;
}
interface PatternRule {
  readonly pattern: RegExp;
  readonly mode: RedactionMode;
}

/** Hides secrets in texts and attribute values. Never changes what it is given: a value without secrets is returned as it is. */
export class Redactor {
  readonly #keyRules: readonly KeyRule[];
  readonly #patternRules: readonly PatternRule[];
  readonly #keptParameters: ReadonlySet<string> | undefined;
  readonly #hash: KeyHash;
  readonly #maxTextLength: number;
  readonly #modes = new Map<string, RedactionMode | undefined>();

  constructor(options: RedactorOptions = {}) {
    const { rules = defaultRedactionRules, maxTextLength = defaultMaxTextLength } = options;
    for (const { mode } of rules) requireOneOf("mode", mode, ["drop", "mask", "hash"]);
    this.#keyRules = rules.flatMap((rule) =>
      "keys" in rule ? rule.keys.map((key) => ({ matches: wildcard(key), mode: rule.mode })) : [],
    );
    this.#patternRules = rules.flatMap((rule) =>
      "patterns" in rule ? rule.patterns.map((pattern) => ({ pattern: patternOf(pattern), mode: rule.mode })) : [],
    );
    const kept = "keepQueryParameters" in options ? options.keepQueryParameters : [];
    this.#keptParameters = kept && new Set(kept);
    this.#hash = keyedHash(options.hashSecret);
    this.#maxTextLength = requireInteger("maxTextLength", maxTextLength, 1);
  }

  /** `text` without secrets. */
  text(text: string): string {
    let clean = text.length > this.#maxTextLength ? `${text.slice(0, this.#maxTextLength)}${cutMark}` : text;
    if (this.#keptParameters && clean.includes("=")) clean = this.#scrubQueries(clean, this.#keptParameters);
    for (const { pattern, mode } of this.#patternRules)
      clean = clean.replace(pattern, (secret) => (mode === "hash" ? this.#hash(secret) : mask));
    return clean;
  }

  /** `attributes` without secrets; the same object where there are none. A value that cannot be read is masked. */
  attributes<A extends object>(attributes: A): A {
    return this.#object(attributes, 0) as A;
  }

  #object(source: object, depth: number): object {
    const clean: Record<string, unknown> = {};
    let changed = false;
    for (const key of Object.keys(source)) {
      const value = readProperty(source, key);
      const redacted = this.#property(key, value, depth);
      if (redacted !== undefined || value === undefined) clean[key] = redacted;
      if (redacted !== value) changed = true;
    }
    return changed ? clean : source;
  }

  #property(key: string, value: unknown, depth: number): unknown {
    const mode = this.#modeOf(key);
    if (mode === undefined) return this.#value(value, depth);
    if (mode === "drop") return undefined;
    return mode === "hash" ? this.#hash(textOf(value)) : mask;
  }

  #value(value: unknown, depth: number): unknown {
    if (value === unreadable || depth >= maxDepth) return mask;
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (!Array.isArray(value)) return this.#object(value, depth + 1);
    const clean = Array.from(value, (item) => this.#value(item, depth + 1));
    return clean.some((item, index) => item !== value[index]) ? clean : value;
  }

  /** Keys come from a small set, so what the rules say about each is kept. */
  #modeOf(key: string): RedactionMode | undefined {
    if (this.#modes.has(key)) return this.#modes.get(key);
    const mode = this.#keyRules.find(({ matches }) => matches(key))?.mode;
    if (this.#modes.size < maxKnownKeys) this.#modes.set(key, mode);
    return mode;
  }

  #scrubQueries(text: string, kept: ReadonlySet<string>): string {
    return text.replace(queryValue, (pair, separator: string, name: string, value: string) =>
      kept.has(name) || value === "" ? pair : `${separator}${name}=${mask}`,
    );
  }
}

const maxKnownKeys = 4_096;
const unreadable: unique symbol = Symbol("unreadable");

const readProperty = (source: object, key: string): unknown => {
  try {
    return (source as Record<string, unknown>)[key];
  } catch {
    return unreadable;
  }
};

const textOf = (value: unknown): string => {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? typeof value);
  } catch {
    return typeof value;
  }
};

const patternOf = (pattern: SecretPattern | RegExp): RegExp =>
  safePattern(typeof pattern === "string" ? secretPatterns[requireOneOf("patterns", pattern, patternNames)] : pattern);

const patternNames = Object.keys(secretPatterns) as SecretPattern[];
