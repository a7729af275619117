import { setImmediate as settle } from "node:timers/promises";
import { type Collector, PerformanceAnalyzer } from "@route/analysis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { setUp } from "./support.ts";

const never = (): Promise<never> => new Promise(() => {});
/** Never answers, and keeps the signals it was called with. */
const hanging = () => {
  const signals: AbortSignal[] = [];
  const collect = (signal: AbortSignal): Promise<never> => {
    signals.push(signal);
    return never();
  };
  return { signals, collector: { name: "hangs", collect } satisfies Collector };
};
const steady = (name: string): Collector => ({ name, collect: () => ({ errorRate: 1 }) });

describe("collect()", () => {
  it("adds a sample of each collector, plain or promised, and none of one with nothing to tell", async () => {
    const { analyzer } = setUp();
    analyzer.addCollector(steady("plain"));
    analyzer.addCollector({ name: "promised", collect: async () => ({ memoryUsage: 0.5 }) });
    analyzer.addCollector({ name: "quiet", collect: () => undefined });
    expect(await analyzer.collect()).toEqual([]);
    expect(analyzer.collectors()).toEqual(["plain", "promised", "quiet"]);
    expect(analyzer.report().statistics.total_metrics_count).toBe(2);
  });

  it("isolates collectors that throw, reject, hang or tell nonsense", async () => {
    const { analyzer } = setUp({ collectTimeoutMs: 5 });
    const throwing = (): never => {
      throw new Error("socket closed");
    };
    analyzer.addCollector({ name: "throws", collect: throwing });
    analyzer.addCollector({ name: "rejects", collect: async () => throwing() });
    analyzer.addCollector({ name: "nonsense", collect: () => ({ errorRate: 7 }) });
    analyzer.addCollector({ name: "hangs", collect: never });
    analyzer.addCollector(steady("steady"));
    const failures = await analyzer.collect();
    expect(failures.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'COLLECTOR_FAILED collector "throws" failed: socket closed',
      'COLLECTOR_FAILED collector "rejects" failed: socket closed',
      'COLLECTOR_FAILED collector "nonsense" failed: sample.errorRate must be a finite number >= 0 and <= 1, got 7',
      'COLLECTOR_TIMEOUT collector "hangs" did not answer within 5 ms',
    ]);
    expect((failures[0]!.cause as Error).message).toBe("socket closed");
    expect(analyzer.report().statistics.total_metrics_count).toBe(1);
  });

  it("aborts a late collector's signal, and does not start it again while it runs", async () => {
    const { analyzer } = setUp({ collectTimeoutMs: 5 });
    const signals: AbortSignal[] = [];
    const release: (() => void)[] = [];
    analyzer.addCollector({
      name: "slow",
      collect: (signal) => {
        signals.push(signal);
        return new Promise((resolve) => release.push(() => resolve({ errorRate: 0 })));
      },
    });
    for (let round = 0; round < 3; round++)
      expect(await analyzer.collect()).toMatchObject([{ code: "COLLECTOR_TIMEOUT" }]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(analyzer.report().collectors).toMatchObject([{ name: "slow", consecutiveFailures: 3 }]);
    release[0]!();
    await settle();
    expect(analyzer.report().statistics.total_metrics_count).toBe(0);
    void analyzer.collect();
    expect(signals).toHaveLength(2);
  });

  it("does not ask a collector that is being asked: its sample comes once, and the other round does not fail", async () => {
    const { analyzer } = setUp();
    let calls = 0;
    let answer = (): void => {};
    analyzer.addCollector({
      name: "slow",
      collect: () => {
        calls++;
        return new Promise((resolve) => {
          answer = () => resolve({ errorRate: 0 });
        });
      },
    });
    const first = analyzer.collect();
    expect(await analyzer.collect()).toEqual([]);
    answer();
    expect(await first).toEqual([]);
    expect(calls).toBe(1);
    expect(analyzer.report().statistics.total_metrics_count).toBe(1);
  });

  it("asks nobody more once a collector has closed the analyzer", async () => {
    const { analyzer } = setUp();
    const { signals, collector } = hanging();
    analyzer.addCollector({ name: "closes", collect: () => void analyzer.close() });
    analyzer.addCollector(collector);
    await expect(analyzer.collect()).rejects.toMatchObject({ code: "ANALYZER_CLOSED" });
    expect(signals).toEqual([]);
  });

  it("logs once per cause, and the count at recovery", async () => {
    const { analyzer, log } = setUp();
    const answers = ["a", "a", "b", undefined, undefined];
    analyzer.addCollector({
      name: "flaky",
      collect: () => {
        const answer = answers.shift();
        if (answer !== undefined) throw new Error(answer);
        return {};
      },
    });
    for (let round = 0; round < 5; round++) await analyzer.collect();
    expect(log.lines).toEqual([
      'warn collector "flaky" failed: a',
      'warn collector "flaky" failed: b',
      'info collector "flaky" works again; failures: 3',
    ]);
    expect(analyzer.report().collectors).toEqual([{ name: "flaky", consecutiveFailures: 0 }]);
  });

  it("rejects with the reason of its signal, before and during the call", async () => {
    const { analyzer } = setUp();
    const { signals, collector } = hanging();
    analyzer.addCollector(collector);
    const reason = new Error("enough");
    await expect(analyzer.collect({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(signals).toEqual([]);
    const controller = new AbortController();
    const collecting = analyzer.collect({ signal: controller.signal });
    controller.abort(reason);
    await expect(collecting).rejects.toBe(reason);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(analyzer.report().collectors).toMatchObject([{ consecutiveFailures: 0 }]);
  });
});

describe("start() and close()", () => {
  afterEach(() => void vi.useRealTimers());

  it("collects and analyzes once per interval", async () => {
    vi.useFakeTimers();
    using analyzer = new PerformanceAnalyzer({ analysisIntervalMs: 1000 });
    analyzer.addCollector(steady("steady"));
    const fired: string[] = [];
    analyzer.onIssue(({ rule }) => fired.push(rule));
    await vi.advanceTimersByTimeAsync(5000);
    expect(analyzer.report().statistics.total_metrics_count).toBe(0);
    analyzer.start();
    analyzer.start();
    await vi.advanceTimersByTimeAsync(2999);
    expect(fired).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(fired).toEqual(["High Error Rate"]);
    expect(analyzer.report().statistics.total_metrics_count).toBe(3);
  });

  it("does not overtake a round that outlasts the interval", async () => {
    vi.useFakeTimers();
    using analyzer = new PerformanceAnalyzer({ analysisIntervalMs: 1000, collectTimeoutMs: 2500 });
    let rounds = 0;
    analyzer.addCollector({ name: "counts", collect: () => void rounds++ });
    analyzer.addCollector({ name: "hangs", collect: never });
    analyzer.start();
    await vi.advanceTimersByTimeAsync(4000);
    expect(rounds).toBe(2);
  });

  it("stops for good, twice if asked, aborts what runs, and can still be read", async () => {
    vi.useFakeTimers();
    const { analyzer, log } = setUp({ analysisIntervalMs: 1000 });
    const { signals, collector } = hanging();
    analyzer.addCollector(collector);
    analyzer.start();
    await vi.advanceTimersByTimeAsync(1000);
    analyzer.close();
    analyzer.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(vi.getTimerCount()).toBe(0);
    expect(log.lines).toEqual([]);
    expect(analyzer.report().issues).toEqual([]);
  });

  it("survives a clock that fails, and says so", async () => {
    vi.useFakeTimers();
    const { analyzer, log, clock } = setUp({ analysisIntervalMs: 1000 });
    clock.now = () => {
      throw new Error("no time");
    };
    analyzer.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(log.lines).toEqual(["error analysis failed: Error: no time", "error analysis failed: Error: no time"]);
    analyzer.close();
  });
});
