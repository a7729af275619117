import * as promClient from "prom-client";
import { ExecutorMetrics, OperationAnalyzer, prometheusMeter } from "../../src/performance/index.ts";

/** Metrics in a registry of their own. */
export const newMetrics = () => {
  const registry = new promClient.Registry();
  return { registry, metrics: new ExecutorMetrics({ meter: prometheusMeter(promClient, registry) }) };
};

/** A clock that a test moves by hand. */
const handClock = () => {
  let nowMs = 0;
  return {
    now: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
};

/** An analyzer that has seen a call of each duration. */
export const analyzerOf = async (operation: string, durationsMs: readonly number[], failure?: Error) => {
  const clock = handClock();
  const analyzer = new OperationAnalyzer({ clock });
  for (const durationMs of durationsMs) {
    const call = analyzer.analyze(operation, () => {
      clock.advance(durationMs);
      if (failure) throw failure;
    });
    await call.catch(() => undefined);
  }
  return analyzer;
};

/** So many calls of the same duration. */
export const constant = (count: number, durationMs: number): number[] =>
  Array.from({ length: count }, () => durationMs);
