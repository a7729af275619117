import { metricNames, PerformanceAnalyzer, type PerformanceMetrics, type PerformanceRule } from "@route/analysis";
import type { BenchRow } from "../../../tools/bench.ts";

const ruleCount = 20;
const sampleCount = 1000;
const roundCount = 15;
const ticksPerRound = 200;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const rules: PerformanceRule[] = Array.from({ length: ruleCount }, (_, index) => ({
  name: `rule ${index}`,
  metric: metricNames[index % metricNames.length]!,
  comparison: index % 2 === 0 ? "above" : "below",
  threshold: 0.5,
  clearThreshold: 0.5,
  severity: "medium",
  windowMs: sampleCount * 1000,
}));

/** Every figure told in every sample: the most that a window can ask. */
const sampleAt = (second: number): PerformanceMetrics => ({
  timestampMs: second * 1000,
  requestRate: 100 + (second % 7),
  responseTimeMs: 20 + (second % 11),
  errorRate: (second % 13) / 100,
  cacheHitRate: (second % 5) / 5,
  memoryUsage: (second % 17) / 20,
  cpuUsage: (second % 19) / 20,
  connectionCount: second % 300,
});

/** Milliseconds of one tick of `act`, as the median over the rounds. */
const tickMs = (act: (tick: number) => void): number => {
  const rounds: number[] = [];
  for (let round = 0; round <= roundCount; round++) {
    const start = performance.now();
    for (let tick = 0; tick < ticksPerRound; tick++) act(round * ticksPerRound + tick);
    rounds.push((performance.now() - start) / ticksPerRound);
  }
  return median(rounds.slice(1)); // The first round warms up.
};

export const bench = (): BenchRow[] => {
  let nowMs = sampleCount * 1000;
  const analyzer = new PerformanceAnalyzer({ rules, clock: { now: () => nowMs }, maxHistorySize: sampleCount });
  for (let second = 1; second <= sampleCount; second++) analyzer.addMetrics(sampleAt(second));

  const tick = tickMs((index) => {
    analyzer.addMetrics(sampleAt(sampleCount + index));
    nowMs = (sampleCount + index) * 1000;
    analyzer.analyze();
  });
  const report = tickMs(() => void analyzer.report());
  const add = tickMs((index) => analyzer.addMetrics(sampleAt(index)));

  let recordedMs = 0;
  const recording = new PerformanceAnalyzer({ clock: { now: () => recordedMs } });
  const recorded = tickMs((second) => {
    recordedMs = second * 1000;
    recording.addMetrics(sampleAt(second));
    recording.analyze();
  });

  for (let second = 0; second < 1_000_000; second++) analyzer.addMetrics(sampleAt(second));
  const kept = analyzer.report().statistics.total_metrics_count;

  return [
    {
      case: "analyzer overhead: 20 rules x 1 000 samples per tick",
      measured: `${tick.toFixed(3)} ms`,
      target: "< 10 ms",
      met: tick < 10,
    },
    {
      case: "history bounded: kept of 1 000 000 samples",
      measured: `${kept}`,
      target: `${sampleCount}`,
      met: kept === sampleCount,
    },
    { case: "report() of the same analyzer", measured: `${report.toFixed(3)} ms`, target: "", met: undefined },
    { case: "addMetrics(sample)", measured: `${(add * 1e6).toFixed(0)} ns`, target: "", met: undefined },
    {
      case: "a recording of one sample a second, judged at each by the default rules",
      measured: `${(recorded * 1e3).toFixed(1)} us a sample`,
      target: "",
      met: undefined,
    },
    {
      case: "share of a core at the default interval of 10 s",
      measured: `${(tick / 100).toFixed(4)} %`,
      target: "",
      met: undefined,
    },
  ];
};
