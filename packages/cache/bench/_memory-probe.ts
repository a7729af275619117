// node --expose-gc _memory-probe.ts CONTENDER CAPACITY ENTRIES: prints the bytes that the cache itself takes.
import { Cache } from "@route/cache";
import { type Contender, contenders } from "./_contenders.ts";
import { keyName } from "./_workloads.ts";

const [name = "", capacity = "", entries = ""] = process.argv.slice(2);

/** All that costs memory per entry: the window, the sketch, the shadows, a lifetime. */
const everything = (maxSize: number): Contender => new Cache<string, number>({ maxSize, ttlMs: 3_600_000 });

const keys = Array.from({ length: Number(entries) }, (_, id) => keyName(id));
const used = (): number => {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

// Keys are hashed and flattened, and code is compiled, before anything is counted.
const warmUp = (name === "everything" ? everything : contenders[name]!)(1000);
const flattened = new Set(keys);
for (const key of flattened) {
  warmUp.get(key);
  warmUp.set(key, 1);
}
const before = used();
const cache = (name === "everything" ? everything : contenders[name]!)(Number(capacity));
for (const key of keys) cache.set(key, 1);
const after = used();
// Used after the measurement, so that nothing that was there before can be collected during it.
const kept = flattened.size + Number(warmUp.get("nothing") ?? 0) + Number(cache.get("nothing") ?? 0);
console.log(after - before + (kept - keys.length));
