/** Fields of a pod's row: eight doubles, one cache line, which is all of a pod that a request touches. */
export const IN_FLIGHT = 0;
/** Open leases that were open at the last sweep already. Only leases that outlive a sweep are counted one by one. */
export const OLD = 1;
export const SUCCEEDED = 2;
/** Sum of the known latencies of successes, in ms. */
export const LATENCY_SUM = 3;
/** Successes without a known latency. */
export const LATENCY_UNKNOWN = 4;
/** How many leases the pod may have: its limit less its links; or SPECIAL. */
export const CAPACITY = 5;
/** 1 / weight. */
export const SHARE = 6;

/** The capacity of a pod whose requests have consequences: it is ejected, full, unhealthy, draining or gone. */
export const SPECIAL = -1;

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

  /** What one more request on the pod would make: (open leases + 1) / weight. */
  occupancy(slot: number): number {
    const row = slot << ROW_SHIFT;
    return (this.cells[row + IN_FLIGHT]! + 1) * this.cells[row + SHARE]!;
  }
}
