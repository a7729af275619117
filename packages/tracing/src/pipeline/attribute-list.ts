import type { Attributes } from "@opentelemetry/api";
import { requireInteger } from "../validation.ts";

const kinds = { text: 0, number: 1, boolean: 2 } as const;

/** Typed attributes in parallel arrays: numbers and booleans are stored without an object each, and clearing keeps the memory. */
export class AttributeList {
  readonly #keys: string[] = [];
  readonly #texts: string[] = [];
  #kinds: Uint8Array;
  #numbers: Float64Array;
  #size = 0;

  /** Room for `capacity` attributes at first. */
  constructor(capacity: number = 16) {
    requireInteger("capacity", capacity, 1);
    this.#kinds = new Uint8Array(capacity);
    this.#numbers = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  setText(key: string, value: string): void {
    const at = this.#slotOf(key);
    this.#kinds[at] = kinds.text;
    this.#texts[at] = value;
  }

  setNumber(key: string, value: number): void {
    const at = this.#slotOf(key);
    this.#kinds[at] = kinds.number;
    this.#numbers[at] = value;
  }

  setBoolean(key: string, value: boolean): void {
    const at = this.#slotOf(key);
    this.#kinds[at] = kinds.boolean;
    this.#numbers[at] = value ? 1 : 0;
  }

  /** The value of `key`, or `undefined`. */
  get(key: string): string | number | boolean | undefined {
    const at = this.#indexOf(key);
    return at < 0 ? undefined : this.#valueAt(at);
  }

  /** Forgets all attributes and lets go of their texts. */
  clear(): void {
    for (let at = 0; at < this.#size; at++) if (this.#kinds[at] === kinds.text) this.#texts[at] = "";
    this.#size = 0;
  }

  /** A plain object for the SDK's interfaces. */
  toAttributes(): Attributes {
    const attributes: Attributes = {};
    for (let at = 0; at < this.#size; at++) attributes[this.#keys[at]!] = this.#valueAt(at);
    return attributes;
  }

  #valueAt(at: number): string | number | boolean {
    const kind = this.#kinds[at];
    if (kind === kinds.text) return this.#texts[at]!;
    return kind === kinds.number ? this.#numbers[at]! : this.#numbers[at] === 1;
  }

  /** Spans have few attributes: comparing interned keys one by one is faster than hashing them. */
  #indexOf(key: string): number {
    for (let at = 0; at < this.#size; at++) if (this.#keys[at] === key) return at;
    return -1;
  }

  #slotOf(key: string): number {
    const known = this.#indexOf(key);
    if (known >= 0) return known;
    if (this.#size === this.#kinds.length) this.#grow();
    this.#keys[this.#size] = key;
    return this.#size++;
  }

  #grow(): void {
    const [oldKinds, oldNumbers] = [this.#kinds, this.#numbers];
    this.#kinds = new Uint8Array(oldKinds.length * 2);
    this.#numbers = new Float64Array(oldNumbers.length * 2);
    this.#kinds.set(oldKinds);
    this.#numbers.set(oldNumbers);
  }
}
