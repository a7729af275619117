import type { LabelValue } from "../types.ts";

type Branch<T> = Map<LabelValue, Branch<T> | T>;

/**
 * Remembers one `T` per tuple of label values in nested maps: finding it builds no key, so no tuple can be taken for
 * another. `create` answers `undefined` when a tuple may not be remembered; then `fallback` is given.
 */
export class LabelTree<T extends object> {
  readonly #depth: number;
  readonly #create: (values: readonly LabelValue[]) => T | undefined;
  readonly #fallback: (values: readonly LabelValue[]) => T;
  #root: Branch<T> | T | undefined;

  constructor(
    depth: number,
    create: (values: readonly LabelValue[]) => T | undefined,
    fallback: (values: readonly LabelValue[]) => T,
  ) {
    this.#depth = depth;
    this.#create = create;
    this.#fallback = fallback;
  }

  /** The `T` of these values. Throws a `TypeError` unless there is one value per level. */
  at(values: readonly LabelValue[]): T {
    if (values.length !== this.#depth)
      throw new TypeError(`expected ${this.#depth} label value(s), got ${values.length}`);
    let node: Branch<T> | T | undefined = this.#root;
    for (let level = 0; level < values.length && node !== undefined; level++)
      node = (node as Branch<T>).get(values[level]!);
    return node === undefined ? this.#resolve(values) : (node as T);
  }

  clear(): void {
    this.#root = undefined;
  }

  #resolve(values: readonly LabelValue[]): T {
    // Endlessly many ill-formed strings have the same text: only the text is remembered.
    if (values.some((value) => typeof value === "string" && !value.isWellFormed()))
      return this.at(values.map((value) => String(value).toWellFormed()));
    const found = this.#create(values);
    if (found === undefined) return this.#fallback(values);
    const last = values.at(-1);
    if (last === undefined) {
      this.#root = found;
      return found;
    }
    this.#root ??= new Map();
    let branch = this.#root as Branch<T>;
    for (const value of values.slice(0, -1)) {
      let next = branch.get(value) as Branch<T> | undefined;
      if (next === undefined) {
        next = new Map();
        branch.set(value, next);
      }
      branch = next;
    }
    branch.set(last, found);
    return found;
  }
}
