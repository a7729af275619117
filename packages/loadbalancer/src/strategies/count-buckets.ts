const NONE = -1;

/**
 * Slots by a small count: one ring per count, in order of arrival, so that pods of the same count take turns.
 * Adding, moving by one and finding the least are O(1); taking the last pod of the least count away looks for the next count.
 */
export class CountBuckets {
  readonly #counts: number[] = [];
  readonly #next: number[] = [];
  readonly #previous: number[] = [];
  readonly #heads: number[] = [];
  #size = 0;
  #least = 0;

  get size(): number {
    return this.#size;
  }

  /** The least count; meaningless where `size` is 0. */
  get least(): number {
    return this.#least;
  }

  /** The slot that has had the least count for longest. */
  first(): number | undefined {
    return this.#size === 0 ? undefined : this.#heads[this.#least];
  }

  add(slot: number, count: number): void {
    while (this.#counts.length <= slot) {
      this.#counts.push(0);
      this.#next.push(NONE);
      this.#previous.push(NONE);
    }
    this.#link(slot, count);
    if (this.#size++ === 0 || count < this.#least) this.#least = count;
  }

  remove(slot: number): void {
    this.#unlink(slot);
    if (--this.#size > 0) this.#raiseLeast();
  }

  /** Files the slot under its new count, behind those that have it already. */
  move(slot: number, count: number): void {
    this.#unlink(slot);
    this.#link(slot, count);
    if (count < this.#least) this.#least = count;
    else this.#raiseLeast();
  }

  #raiseLeast(): void {
    while (this.#heads[this.#least] === NONE) this.#least++;
  }

  #link(slot: number, count: number): void {
    while (this.#heads.length <= count) this.#heads.push(NONE);
    const head = this.#heads[count]!;
    this.#counts[slot] = count;
    if (head === NONE) {
      this.#heads[count] = slot;
      this.#next[slot] = slot;
      this.#previous[slot] = slot;
      return;
    }
    const tail = this.#previous[head]!;
    this.#next[tail] = slot;
    this.#previous[slot] = tail;
    this.#next[slot] = head;
    this.#previous[head] = slot;
  }

  #unlink(slot: number): void {
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    const count = this.#counts[slot]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    if (this.#heads[count] === slot) this.#heads[count] = next === slot ? NONE : next;
  }
}
