/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Keys 0 to `keys` - 1, the first the most frequent: key k with weight 1 / (k + 1) ** alpha. */
export const zipf = (keys: number, alpha: number, random: () => number): (() => number) => {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let key = 0; key < keys; key++) {
    sum += 1 / (key + 1) ** alpha;
    sums[key] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    for (let high = keys - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
};

/** A key of about 15 characters, in no order. */
export const keyName = (id: number): string => `uid:${((id * 2654435761) >>> 0).toString(36)}:${id}`;

export interface Workload {
  readonly name: string;
  readonly capacity: number;
  readonly keys: Int32Array;
}

/** Workloads of different nature, none of them a recording. */
export const generatedWorkloads = (requests = 200_000, capacity = 1000): Workload[] => {
  const random = seededRandom(42);
  const draw = zipf(capacity * 10, 0.9, random);
  const make = (name: string, key: (i: number) => number): Workload => ({
    name,
    capacity,
    keys: Int32Array.from({ length: requests }, (_, i) => key(i)),
  });
  const fresh = capacity * 100;
  let scanned = fresh;
  return [
    make("zipf 0.9", () => draw()),
    make("loop of 1.5 x capacity", (i) => i % (capacity * 1.5)),
    make("scans through zipf", (i) => (i % 5000 < 2500 ? draw() : scanned++)),
    make("shift of the hot set", (i) => draw() + Math.floor(i / (requests / 8)) * capacity * 2),
    // A session: 30 requests close together, then it never comes back.
    make("sessions", (i) => Math.floor(i / 9000) * 300 + Math.floor(random() * 300)),
  ];
};

/** Hits of a cache that is asked for each key, and given it after a miss. */
export const countHits = (
  cache: { get(key: string): unknown; set(key: string, value: number): unknown },
  keys: Int32Array,
): number => {
  const names: string[] = [];
  let hits = 0;
  for (const id of keys) {
    names[id] ??= keyName(id);
    const name = names[id];
    if (cache.get(name) === undefined) cache.set(name, id);
    else hits++;
  }
  return hits;
};

/** Hits that no policy can pass: the key whose next use is farthest leaves, or is not taken in (L. Belady, 1966). */
export const bestPossibleHits = (keys: Int32Array, capacity: number): number => {
  const nextUse = new Int32Array(keys.length);
  const seen = new Map<number, number>();
  for (let i = keys.length - 1; i >= 0; i--) {
    nextUse[i] = seen.get(keys[i]!) ?? keys.length;
    seen.set(keys[i]!, i);
  }
  // Intervals from one use of a key to the next, packed greedily into `capacity` places: a heap by next use.
  const resident = new Map<number, number>();
  const heap: number[] = [];
  let hits = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (resident.get(key) === i) hits++;
    const next = nextUse[i]!;
    if (next === keys.length) {
      resident.delete(key);
      continue;
    }
    resident.set(key, next);
    push(heap, next);
    while (resident.size > capacity) {
      const farthest = pop(heap);
      const owner = keys[farthest]!;
      if (resident.get(owner) === farthest) resident.delete(owner);
    }
  }
  return hits;
};

const push = (heap: number[], value: number): void => {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! >= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
};

const pop = (heap: number[]): number => {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
    if (heap[child]! <= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
};
