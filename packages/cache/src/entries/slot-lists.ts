/** Slots below this are the heads of the lists; entries have the others. */
export const FIRST_SLOT = 3;

/**
 * Circular doubly linked lists threaded through slots. Slots 0 to 2 are the heads of three lists, so that linking and
 * unlinking need no branch.
 */
export class SlotLists {
  /** Towards the cold end; of a head, the hottest slot. */
  next: Uint32Array;
  /** Towards the hot end; of a head, the coldest slot. */
  prev: Uint32Array;

  constructor(allocated: number) {
    this.next = new Uint32Array(allocated);
    this.prev = new Uint32Array(allocated);
    this.reset(allocated);
  }

  reset(allocated: number): void {
    this.next = new Uint32Array(allocated);
    this.prev = new Uint32Array(allocated);
    for (let head = 0; head < FIRST_SLOT; head++) {
      this.next[head] = head;
      this.prev[head] = head;
    }
  }

  grow(allocated: number): void {
    this.next = resized(this.next, allocated);
    this.prev = resized(this.prev, allocated);
  }

  /** Links a slot at the hot end of a list. */
  linkFirst(list: number, slot: number): void {
    const { next, prev } = this;
    const first = next[list]!;
    next[slot] = first;
    prev[slot] = list;
    prev[first] = slot;
    next[list] = slot;
  }

  /** Links a slot at the cold end of a list. */
  linkLast(list: number, slot: number): void {
    const { next, prev } = this;
    const last = prev[list]!;
    prev[slot] = last;
    next[slot] = list;
    next[last] = slot;
    prev[list] = slot;
  }

  unlink(slot: number): void {
    const { next, prev } = this;
    const after = next[slot]!;
    const before = prev[slot]!;
    next[before] = after;
    prev[after] = before;
  }

  /** Appends the whole of one list to the cold end of another. */
  append(list: number, from: number): void {
    const { next, prev } = this;
    if (next[from] === from) return;
    const last = prev[list]!;
    next[last] = next[from]!;
    prev[next[from]!] = last;
    next[prev[from]!] = list;
    prev[list] = prev[from]!;
    next[from] = from;
    prev[from] = from;
  }

  /** Slots of a list from cold to hot. */
  *coldToHot(list: number): Generator<number> {
    for (let slot = this.prev[list]!; slot !== list; slot = this.prev[slot]!) yield slot;
  }
}

type SlotArray = Uint8Array | Uint32Array | Int32Array | Float64Array;

/** A copy of a per-slot array with room for more slots. */
export const resized = <T extends SlotArray>(array: T, length: number): T => {
  const copy = new (array.constructor as new (length: number) => T)(length);
  copy.set(array);
  return copy;
};
