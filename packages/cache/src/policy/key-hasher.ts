/** Longest string that is hashed in full; of a longer one, this many characters spread over it are. */
const MAX_CHARACTERS = 64;

/**
 * A 32-bit hash of any key, seeded, so that nobody can prepare keys that collide in another process's sketch.
 * Equal keys (as a Map sees it) have equal hashes. Objects get a random number each.
 */
export class KeyHasher {
  readonly #seed: number;
  readonly #random: () => number;
  #objects: WeakMap<WeakKey, number> | undefined;
  readonly #float = new Float64Array(1);
  readonly #words = new Int32Array(this.#float.buffer);

  constructor(random: () => number) {
    this.#random = random;
    this.#seed = (random() * 0x1_0000_0000) | 0;
  }

  hash(key: unknown): number {
    if (typeof key === "string") return hashString(key, this.#seed);
    if (typeof key === "number") return this.#hashNumber(key);
    if ((typeof key === "object" && key !== null) || typeof key === "function") return this.#hashObject(key);
    return hashString(String(key), this.#seed);
  }

  #hashNumber(key: number): number {
    if ((key | 0) === key) return mix(Math.imul(key, 0x9e3779b1) ^ this.#seed);
    this.#float[0] = key;
    return mix(Math.imul(this.#words[0]!, 0x9e3779b1) ^ this.#words[1]! ^ this.#seed);
  }

  #hashObject(key: WeakKey): number {
    this.#objects ??= new WeakMap();
    let hash = this.#objects.get(key);
    if (hash === undefined) {
      hash = (this.#random() * 0x1_0000_0000) | 0;
      this.#objects.set(key, hash);
    }
    return hash;
  }
}

/** Two characters a step: half the multiplications of FNV-1a, and mixed downwards so that low bits are good too. */
const hashString = (text: string, seed: number): number => {
  const { length } = text;
  if (length > MAX_CHARACTERS) return hashLongString(text, seed);
  let hash = seed ^ length;
  let at = 0;
  for (; at + 1 < length; at += 2) {
    hash = Math.imul(hash ^ (text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  if (at < length) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
  return mix(hash);
};

/** The two ends in full, where keys differ most, and evenly spaced characters between them. */
const hashLongString = (text: string, seed: number): number => {
  const end = MAX_CHARACTERS / 4;
  const step = (text.length - 2 * end) / (2 * end);
  let sample = text.slice(0, end) + text.slice(-end);
  for (let i = 0; i < 2 * end; i++) sample += text[end + Math.floor(i * step)]!;
  return hashString(sample, seed ^ text.length);
};

/** The finalizer "lowbias32" (C. Wellons, hash-prospector): every input bit changes every output bit. */
const mix = (value: number): number => {
  let hash = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 15);
};
