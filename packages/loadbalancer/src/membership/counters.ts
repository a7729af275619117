/** Fields of a pod's row: eight doubles, one cache line, which is all of a pod that a request touches. */
export const IN_FLIGHT = 0;
/** Leases opened since the last sweep and still open. */
export const YOUNG = 1;
export const SUCCEEDED = 2;
/** Sum of the known latencies of successes, in ms. */
export const LATENCY_SUM = 3;
/** Successes without a known latency. */
export const LATENCY_UNKNOWN = 4;
export const ERRORS_IN_ROW = 5;
/** How many leases the pod may have: its limit less its links. */
export const CAPACITY = 6;
/** 0 for a joined pod about which there is nothing special; a request of any other has consequences. */
export const STANDING = 7;

/** A row's length as a shift. */
export const ROW_SHIFT = 3;

/**
 * The counters of all pods, by slot. Not fields of the pods: ten thousand objects are megabytes apart, and picks that jump
 * between them at random would cost three times as much as with ten.
 */
export class Counters {
  cells: Float64Array = new Float64Array(16 << ROW_SHIFT);

  /** Clears the row of a slot, making room for it where needed. */
  reset(slot: number): void {
    const end = (slot + 1) << ROW_SHIFT;
    if (end > this.cells.length) {
      const grown = new Float64Array(2 * end);
      grown.set(this.cells);
      this.cells = grown;
    }
    this.cells.fill(0, slot << ROW_SHIFT, end);
  }

  get(slot: number, field: number): number {
    return this.cells[(slot << ROW_SHIFT) + field]!;
  }

  set(slot: number, field: number, value: number): void {
    this.cells[(slot << ROW_SHIFT) + field] = value;
  }
}
