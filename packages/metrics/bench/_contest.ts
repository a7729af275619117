import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** One thing to be timed; `i` counts the calls of a round. */
export type Operation = (i: number) => void;

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

// One loop for all contenders: its call site sees many functions, so none of them is inlined into it.
const drive = (operation: Operation, calls: number): number => {
  const started = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) operation(i);
  return Number(process.hrtime.bigint() - started) / calls;
};

const strangers: readonly Operation[] = [
  () => {},
  (i) => void (i + 1),
  (i) => void -i,
  (i) => void (i * 2),
  (i) => void ~i,
];
for (const stranger of strangers) drive(stranger, 20_000);

/** Nanoseconds per call of each contender: interleaved, the median of `rounds`. */
export const contest = <Name extends string>(
  contenders: Readonly<Record<Name, Operation>>,
  calls = 100_000,
  rounds = 21,
): Record<Name, number> => {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (const name of names) drive(contenders[name], calls);
  for (let round = 0; round < rounds; round++)
    for (const name of names) times[name].push(drive(contenders[name], calls));
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
};

setFlagsFromString("--expose-gc");
export const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes that a warm `operation` allocates per call. */
export const bytesPerCall = (operation: Operation, calls = 500_000): number => {
  drive(operation, calls);
  const samples = Array.from({ length: 9 }, () => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    drive(operation, calls);
    return (process.memoryUsage().heapUsed - before) / calls;
  });
  return median(samples);
};

/** Durations in milliseconds around 20 ms, as routed requests have them, always the same. */
export const durationsMs: Float64Array = Float64Array.from({ length: 65_536 }, (_, i) => {
  const uniform = (((i + 1) * 2_654_435_761) % 2 ** 32) / 2 ** 32;
  return 20 * Math.exp(1.2 * Math.tan(2.2 * (uniform - 0.5)));
});

export const ns = (value: number): string => `${value.toFixed(1)} ns`;
export const times = (ratio: number): string => `${ratio.toFixed(1)}x`;
