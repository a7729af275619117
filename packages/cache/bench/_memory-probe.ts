// node --expose-gc _memory-probe.ts CONTENDER CAPACITY ENTRIES READS: prints the bytes that the cache itself takes when it
// was given the entries and then asked so often, as a Zipf distribution has it.
import { Cache } from "@route/cache";
import { type Contender, contenders } from "./_contenders.ts";
import { keyName, seededRandom, zipf } from "./_workloads.ts";

const [name = "", capacity = "", entries = "", reads = ""] = process.argv.slice(2);

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
const drawReads = (): Uint32Array => {
  const draw = zipf(keys.length, 0.9, seededRandom(11));
  return Uint32Array.from({ length: Number(reads) }, draw);
};
const asked = drawReads();
const before = used();
const cache = (name === "everything" ? everything : contenders[name]!)(Number(capacity));
for (const key of keys) cache.set(key, 1);
for (const id of asked) cache.get(keys[id]!);
const after = used();
// Used after the measurement, so that nothing that was there before can be collected during it.
const kept = flattened.size + Number(warmUp.get("nothing") ?? 0) + Number(cache.get("nothing") ?? 0) + asked.length;
console.log(after - before + (kept - keys.length - asked.length));
