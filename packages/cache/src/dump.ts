import type { EntryStore } from "./entry-store.ts";
import type { DumpedEntry } from "./types.ts";

/** What an entry without lifetimes has, whatever the cache's own are. */
export const FOREVER: { readonly ttlMs: number; readonly idleMs: number } = {
  ttlMs: Number.POSITIVE_INFINITY,
  idleMs: Number.POSITIVE_INFINITY,
};

/** An entry with what is left of its lifetime. */
export const dumpEntry = <K, V>(store: EntryStore<K, V>, key: K, value: V): DumpedEntry<K, V> => {
  const slot = store.table.find(key)!;
  const { ttlMs, idleMs } = store.lifetimes?.remaining(slot) ?? FOREVER;
  return {
    key,
    value,
    ...(ttlMs !== FOREVER.ttlMs && { ttlMs }),
    ...(idleMs !== FOREVER.idleMs && { idleMs }),
    ...(store.weights !== undefined && { weight: store.weights.get(slot) }),
  };
};
