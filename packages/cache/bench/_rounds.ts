/**
 * Time that this thread has worked, in milliseconds: on a busy machine the clock also tells how long others were served.
 * Some kernels move it on in ticks of 4 ms.
 */
export const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** At least so much is summed up for each arm in a round, in passes that take turns. */
const ROUND_MS = 100;

const ROUNDS = 9;
const WARM_UP_ROUNDS = 1;

/** Prepares a pass, outside the time, and returns it; it returns how many operations it did. */
export type Arm = () => () => number;

/** By lot, so that no arm always comes after the same one, or after itself. */
const shuffled = (names: readonly string[]): readonly string[] =>
  names
    .map((name) => ({ name, lot: Math.random() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ name }) => name);

/** Nanoseconds per operation of each arm in each round. Arms are interleaved pass by pass, in an order drawn by lot. */
export const measureRounds = (arms: Readonly<Record<string, Arm>>): Map<string, number[]> => {
  const names = Object.keys(arms);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const sums = new Map(names.map((name) => [name, { ms: 0, operations: 0 }]));
    while (Math.min(...[...sums.values()].map(({ ms }) => ms)) < ROUND_MS) {
      for (const name of shuffled(names)) {
        const run = arms[name]!();
        globalThis.gc?.();
        const startMs = threadMs();
        const operations = run();
        const sum = sums.get(name)!;
        sum.ms += threadMs() - startMs;
        sum.operations += operations;
      }
    }
    if (round < 0) continue;
    for (const [name, { ms, operations }] of sums) times.get(name)!.push((ms * 1e6) / operations);
  }
  return times;
};

/** How many times as fast `name` was as `base`, round by round, the median. */
export const speedOf = (times: ReadonlyMap<string, readonly number[]>, name: string, base: string): number =>
  median(times.get(base)!.map((ns, round) => ns / times.get(name)![round]!));

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
