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

/** Medians of `rounds` rounds in which the contenders take turns, in µs per call, after a warm-up of twenty rounds. */
export const interleaved = <Name extends string>(
  contenders: Readonly<Record<Name, () => void>>,
  calls: number,
  rounds = 61,
): Record<Name, number> => {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -20; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      // Each contender comes first as often as the others.
      const name = names[(turn + Math.abs(round)) % names.length]!;
      const us = timeUs(contenders[name], calls);
      if (round >= 0) times[name].push(us);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
};

export const ratio = (value: number): string => `${value.toFixed(2)}x`;
