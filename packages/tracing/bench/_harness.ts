import { waitedForCoreMs } from "./_thread-time.ts";

/** The median of `values`. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >>> 1]!;
};

/** The `share` quantile of `values`. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
};

/** Microseconds that `work` takes per call, without those in which this thread had no core. Keep a slice below a few ms. */
export const timeUs = (work: () => void, calls: number): number => {
  const waited = waitedForCoreMs();
  const start = performance.now();
  for (let call = 0; call < calls; call++) work();
  const ms = performance.now() - start;
  return ((ms - (waitedForCoreMs() - waited)) * 1_000) / calls;
};

/** As {@link timeUs}, until what `work` returns settles. */
export const timeAsyncUs = async (work: () => Promise<unknown>): Promise<number> => {
  const waited = waitedForCoreMs();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  return (ms - (waitedForCoreMs() - waited)) * 1_000;
};

/** Rounds that do not count: V8 compiles a function for good after it was called some 40,000 times. */
const warmups = 40;

/** The contenders in the order of their turns: each comes first in as many rounds as the others. */
const turnsOf = <Name extends string>(names: readonly Name[], rounds: number): Name[] =>
  Array.from({ length: warmups + rounds }, (_, round) =>
    names.map((_, turn) => names[(turn + round) % names.length]!),
  ).flat();

const medians = <Name extends string>(
  names: readonly Name[],
  turns: readonly Name[],
  us: readonly number[],
): Record<Name, number> => {
  const counted = (name: Name): number[] =>
    us.filter((_, turn) => turn >= warmups * names.length && turns[turn] === name);
  return Object.fromEntries(names.map((name) => [name, median(counted(name))])) as Record<Name, number>;
};

/** Medians of `rounds` rounds in which the contenders take turns, in µs per call, after a warm-up. */
export const interleaved = <Name extends string>(
  contenders: Readonly<Record<Name, () => void>>,
  calls: number,
  rounds = 61,
): Record<Name, number> => {
  const names = Object.keys(contenders) as Name[];
  const turns = turnsOf(names, rounds);
  return medians(
    names,
    turns,
    turns.map((name) => timeUs(contenders[name], calls)),
  );
};

/** As {@link interleaved}, one call per turn, each until what it returns settles. */
export const interleavedAsync = async <Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<unknown>>>,
  rounds = 61,
): Promise<Record<Name, number>> => {
  const names = Object.keys(contenders) as Name[];
  const turns = turnsOf(names, rounds);
  const us: number[] = [];
  for (const name of turns) us.push(await timeAsyncUs(contenders[name]));
  return medians(names, turns, us);
};

export const ratio = (value: number): string => `${value.toFixed(2)}x`;
