import type { EntryStore } from "./entry-store.ts";
import { runInSlices } from "./slices.ts";

/** Entries evicted in one turn of the event loop: below a millisecond. */
const SLICE_EVICTIONS = 2048;

/** Brings the bound of a store to `maxSize`, entry by entry in slices where there are too many. Returns how to stop. */
export const shrinkInSlices = <K, V>(store: EntryStore<K, V>, maxSize: number, afterSlice: () => void): (() => void) =>
  runInSlices(() => {
    store.evict(Math.max(0, Math.min(SLICE_EVICTIONS, store.table.size - maxSize)));
    store.maxSize = Math.max(maxSize, store.table.size);
    afterSlice();
    return store.maxSize === maxSize;
  });
