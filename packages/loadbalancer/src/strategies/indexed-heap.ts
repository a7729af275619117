/** What the heap can hold: a small integer of its own is all it needs. */
export interface Slotted {
  readonly slot: number;
}

/** Items by a number, smallest first: an indexed binary heap, O(log n) to add, change and remove. Ties go to the earlier change. */
export class IndexedHeap<T extends Slotted> {
  readonly #heap: T[] = [];
  readonly #positions: number[] = [];
  readonly #values: number[] = [];
  readonly #turns: number[] = [];
  #turn = 0;

  get size(): number {
    return this.#heap.length;
  }

  first(): T | undefined {
    return this.#heap[0];
  }

  /** The item's number, also after it was removed; 0 before it was ever added. */
  value(item: T): number {
    return this.#values[item.slot] ?? 0;
  }

  add(item: T, value: number): void {
    const { slot } = item;
    while (this.#positions.length <= slot) {
      this.#positions.push(-1);
      this.#values.push(0);
      this.#turns.push(0);
    }
    this.#values[slot] = value;
    this.#turns[slot] = this.#turn++;
    this.#rise(item, this.#heap.push(item) - 1);
  }

  change(item: T, value: number): void {
    this.#values[item.slot] = value;
    this.#turns[item.slot] = this.#turn++;
    this.#settle(item, this.#positions[item.slot]!);
  }

  remove(item: T): void {
    const position = this.#positions[item.slot]!;
    const last = this.#heap.pop()!;
    this.#positions[item.slot] = -1;
    if (last !== item) this.#settle(last, position);
  }

  /** Drops the last value of a item that has been removed; its slot will be another's. */
  forget(item: T): void {
    this.#values[item.slot] = 0;
  }

  #settle(item: T, position: number): void {
    this.#rise(item, position);
    if (this.#positions[item.slot] === position) this.#sink(item, position);
  }

  #before(a: T, b: T): boolean {
    const difference = this.#values[a.slot]! - this.#values[b.slot]!;
    return difference < 0 || (difference === 0 && this.#turns[a.slot]! < this.#turns[b.slot]!);
  }

  #put(item: T, position: number): void {
    this.#heap[position] = item;
    this.#positions[item.slot] = position;
  }

  #rise(item: T, from: number): void {
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = this.#heap[parent]!;
      if (!this.#before(item, above)) break;
      this.#put(above, position);
      position = parent;
    }
    this.#put(item, position);
  }

  #sink(item: T, from: number): void {
    const size = this.#heap.length;
    let position = from;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      const below = this.#heap[child]!;
      if (!this.#before(below, item)) break;
      this.#put(below, position);
      position = child;
    }
    this.#put(item, position);
  }
}
