import { PerformanceAnalyzer, type PerformanceMetrics } from "@route/analysis";
import fc from "fast-check";
import { expect, it } from "vitest";
import { immediate, setUp } from "./support.ts";

const level = fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10);

/** The incidents of a series, by a second way: mark the places first, look for runs afterwards. */
const incidentsByRuns = (values: readonly number[], threshold: number, clear: number, waits: number): number[][] => {
  const incidents: number[][] = [];
  let start = 0;
  while (start < values.length) {
    const quiet = values.findIndex((value, index) => index >= start && !(value > threshold));
    const runEnd = quiet === -1 ? values.length : quiet;
    if (runEnd - start > waits) {
      const firedAt = start + waits;
      const cleared = values.findIndex((value, index) => index > firedAt && value <= clear);
      incidents.push(cleared === -1 ? [firedAt] : [firedAt, cleared]);
      start = cleared === -1 ? values.length : cleared + 1;
    } else {
      start = runEnd + 1;
    }
  }
  return incidents;
};

it("fires and resolves at the moments that runs of the series give", () => {
  fc.assert(
    fc.property(
      fc.array(level, { maxLength: 60 }),
      level,
      level,
      fc.integer({ min: 0, max: 4 }),
      (values, a, b, waits) => {
        const [clearThreshold, threshold] = [Math.min(a, b), Math.max(a, b)];
        const { analyzer, feed } = setUp({ rules: [immediate({ threshold, clearThreshold, forMs: waits * 1000 })] });
        feed(...values.map((cpuUsage) => ({ cpuUsage })));
        const place = (ms: number): number => (ms - 1_001_000) / 1000;
        expect(
          analyzer
            .results()
            .map(({ timestampMs, resolvedAtMs }) =>
              [timestampMs, resolvedAtMs].flatMap((ms) => (ms ? [place(ms)] : [])),
            ),
        ).toEqual(incidentsByRuns(values, threshold, clearThreshold, waits));
      },
    ),
  );
});

it("is a mirror: below on 1 - x behaves as above on x", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (highs) => {
      const above = setUp({ rules: [immediate({ threshold: 0.75, clearThreshold: 0.25 })] });
      const below = setUp({ rules: [immediate({ comparison: "below", threshold: 0.25, clearThreshold: 0.75 })] });
      above.feed(...highs.map((high) => ({ cpuUsage: high ? 1 : 0 })));
      below.feed(...highs.map((high) => ({ cpuUsage: high ? 0 : 1 })));
      const times = ({ analyzer }: typeof above) =>
        analyzer.results().map((issue) => [issue.timestampMs, issue.resolvedAtMs]);
      expect(times(below)).toEqual(times(above));
    }),
  );
});

const positive = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
const ratio = fc.double({ min: 0, max: 1, noNaN: true });
const meanOf = (samples: readonly PerformanceMetrics[]): number | undefined => {
  const analyzer = new PerformanceAnalyzer();
  for (const sample of samples) analyzer.addMetrics(sample);
  return analyzer.report().statistics.average_error_rate;
};

it("keeps a mean between the least and the greatest value, in any order, and equal to the weighted sum", () => {
  const samples = fc.array(fc.record({ requestRate: positive, errorRate: ratio }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(samples, (list) => {
      const mean = meanOf(list)!;
      const values = list.map(({ errorRate }) => errorRate);
      expect(mean).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
      expect(mean).toBeLessThanOrEqual(Math.min(1, Math.max(...values) + 1e-9));
      const weight = list.reduce((sum, { requestRate }) => sum + requestRate, 0);
      const sum = list.reduce((total, { requestRate, errorRate }) => total + requestRate * errorRate, 0);
      expect(mean).toBeCloseTo(sum / weight, 9);
      expect(meanOf(list.toReversed())).toBeCloseTo(mean, 9);
    }),
  );
});

it("keeps the newest arrivals, and judges those of them that are near enough to now", () => {
  const inAnyOrder = fc.array(fc.record({ age: fc.integer({ min: -50, max: 50 }), cpuUsage: ratio }), {
    maxLength: 40,
  });
  const inOrder = inAnyOrder.map((list) => list.toSorted((a, b) => b.age - a.age));
  // What comes late at first is forgotten after a while.
  const late = fc.tuple(inAnyOrder, inOrder).map((lists) => lists.flat());
  fc.assert(
    fc.property(
      fc.oneof(inAnyOrder, inOrder, late),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      (list, kept, windowMs) => {
        const { analyzer, clock } = setUp({ maxHistorySize: kept, rules: [immediate({ windowMs })] });
        for (const { age, cpuUsage } of list) analyzer.addMetrics({ cpuUsage, timestampMs: clock.now() - age });
        const near = list.slice(-kept).filter(({ age }) => Math.abs(age) < windowMs);
        const { samples, value } = analyzer.report().rules[0]!;
        expect(samples).toBe(near.length);
        expect(value ?? 0).toBeCloseTo(near.reduce((sum, { cpuUsage }) => sum + cpuUsage, 0) / (near.length || 1), 9);
      },
    ),
  );
});

it("gives the mean of equal values exactly, whatever their traffic", () => {
  const traffic = fc.array(fc.option(positive, { nil: undefined }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(ratio, traffic, (errorRate, rates) => {
      expect(meanOf(rates.map((requestRate) => ({ requestRate, errorRate })))).toBe(errorRate);
    }),
  );
});

it("counts a sample that does not tell its traffic as one of mean traffic", () => {
  fc.assert(
    fc.property(fc.array(positive, { minLength: 1, maxLength: 20 }), ratio, ratio, (rates, known, unknown) => {
      const meanRate = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      const told = rates.map((requestRate) => ({ requestRate, errorRate: known }));
      expect(meanOf([...told, { errorRate: unknown }])).toBeCloseTo(
        meanOf([...told, { requestRate: meanRate, errorRate: unknown }])!,
        9,
      );
    }),
  );
});

it("reports what the next analysis finds, and changes nothing by it", () => {
  fc.assert(
    fc.property(fc.array(level, { maxLength: 30 }), fc.integer({ min: 0, max: 3 }), (values, waits) => {
      const options = { rules: [immediate({ forMs: waits * 1000, clearThreshold: 0.2 })] };
      const watched = setUp(options);
      const alone = setUp(options);
      for (const cpuUsage of values) {
        for (const { clock, analyzer } of [watched, alone]) {
          clock.advance(1000);
          analyzer.addMetrics({ cpuUsage });
        }
        const report = watched.analyzer.report();
        expect(watched.analyzer.report()).toEqual(report);
        expect(watched.analyzer.analyze()).toEqual(report.issues);
        expect(alone.analyzer.analyze()).toEqual(report.issues);
      }
      expect(watched.analyzer.results()).toEqual(alone.analyzer.results());
    }),
  );
});
