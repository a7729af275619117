import type { BenchRow } from "../../../tools/bench.ts";

/** One contender: does `count` operations. */
export type Contender = (count: number) => Promise<void>;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Calls `operation` `count` times with `inFlight` callers that await each answer. */
export const callers =
  (inFlight: number, operation: (index: number) => Promise<unknown>): Contender =>
  async (count) => {
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < count) await operation(next++);
    };
    await Promise.all(Array.from({ length: inFlight }, caller));
  };

/** Median time of an operation in microseconds, contenders in turns within one process. The first rounds warm up. */
export const interleaved = async <Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds = 31, count = 400, warmup = 8 }: { rounds?: number; count?: number; warmup?: number } = {},
): Promise<{ micros: Record<Name, number>; ratio: (of: Name, against: Name) => number }> => {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmup; round < rounds; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) {
      const start = performance.now();
      await contenders[name](count);
      if (round >= 0) samples[name].push(((performance.now() - start) * 1000) / count);
    }
  }
  const micros = Object.fromEntries(names.map((name) => [name, median(samples[name])])) as Record<Name, number>;
  // Pairs of the same round share what else the machine did.
  const ratio = (of: Name, against: Name): number =>
    median(samples[of].map((value, round) => value / samples[against][round]!));
  return { micros, ratio };
};

/** A row with a limit: `atMost` or `atLeast`. */
export const row = (
  name: string,
  value: number,
  limit: { atMost?: number; atLeast?: number },
  unit = "x",
  note = "",
): BenchRow => {
  const { atMost, atLeast } = limit;
  const met = atMost !== undefined ? value <= atMost : atLeast !== undefined ? value >= atLeast : undefined;
  const target = atMost !== undefined ? `<= ${atMost}${unit}` : atLeast !== undefined ? `>= ${atLeast}${unit}` : "";
  return { case: name, measured: `${value.toFixed(2)}${unit}${note}`, target, met };
};
