import type { EntryStore } from "./entry-store.ts";
import { runInSlices } from "./slices.ts";

/** Entries evicted in one turn of the event loop: a millisecond where every one is a cache miss. */
const SLICE_EVICTIONS = 1024;

/** Slots indexed anew in one turn. */
const SLICE_SLOTS = 8192;

/** Below this share of the entries staying, they are indexed anew. */
const REINDEXED_SHARE = 0.5;

/** Brings the bound of a store to `maxSize`, entry by entry in slices where there are too many. Returns how to stop. */
export const shrinkInSlices = <K, V>(
  store: EntryStore<K, V>,
  maxSize: number,
  afterSlice: () => void,
): (() => void) => {
  const { table } = store;
  if (table.size - maxSize > SLICE_EVICTIONS && maxSize < REINDEXED_SHARE * table.size) table.startReindexing();
  return runInSlices(() => {
    store.evict(Math.max(0, Math.min(SLICE_EVICTIONS, table.size - maxSize)));
    store.maxSize = Math.max(maxSize, table.size);
    afterSlice();
    return store.maxSize === maxSize && table.reindex(SLICE_SLOTS);
  });
};
