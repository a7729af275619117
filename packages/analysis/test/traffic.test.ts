import { PerformanceAnalyzer, type TrafficTotals, trafficCollector } from "@route/analysis";
import fc from "fast-check";
import { expect, it } from "vitest";

const none: TrafficTotals = { request_total: 0, request_errors: 0, request_duration_seconds_sum: 0 };

/** A collector over totals that a test sets, with its clock. */
const stage = (first: TrafficTotals = none) => {
  let nowMs = 1000;
  let totals = first;
  const collector = trafficCollector({ read: () => totals, clock: { now: () => nowMs } });
  const { signal } = new AbortController();
  const after = (ms: number, next: TrafficTotals) => {
    nowMs += ms;
    totals = next;
    return collector.collect(signal);
  };
  return { collector, after };
};

it("tells what happened since it was asked last", () => {
  const { collector, after } = stage({ request_total: 7, request_errors: 7, request_duration_seconds_sum: 7 });
  expect(collector.name).toBe("traffic");
  const totals = { request_total: 107, request_errors: 12, request_duration_seconds_sum: 9 };
  expect(after(2000, { ...totals, cache_hits: 3, cache_misses: 1 })).toEqual({
    requestRate: 50,
    responseTimeMs: 20,
    errorRate: 0.05,
    cacheHitRate: 0.75,
  });
  expect(after(1000, { ...totals, cache_hits: 3, cache_misses: 1 })).toEqual({
    requestRate: 0,
    responseTimeMs: undefined,
    errorRate: undefined,
    cacheHitRate: undefined,
  });
});

it("takes a total that became smaller for one that was reset", () => {
  const { after } = stage();
  after(1000, { request_total: 50, request_errors: 50, request_duration_seconds_sum: 50 });
  expect(after(1000, { request_total: 10, request_errors: 1, request_duration_seconds_sum: 1 })).toMatchObject({
    requestRate: 10,
    responseTimeMs: 100,
    errorRate: 0.1,
  });
});

it("has nothing to tell where no time has passed, and tells it the next time", () => {
  const { after } = stage();
  expect(after(0, { ...none, request_total: 5 })).toBeUndefined();
  expect(after(1000, { ...none, request_total: 5 })).toMatchObject({ requestRate: 5 });
});

it("gives samples that an analyzer takes, whatever the totals do", async () => {
  const totals = fc.record({
    request_total: fc.nat(),
    request_errors: fc.nat(),
    request_duration_seconds_sum: fc.double({ min: 0, max: 1e12, noNaN: true }),
    cache_hits: fc.option(fc.nat(), { nil: undefined }),
    cache_misses: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(totals, { minLength: 2, maxLength: 10 }), async (readings) => {
      let nowMs = 0;
      let reading = 0;
      const read = () => readings[reading]!;
      const analyzer = new PerformanceAnalyzer();
      analyzer.addCollector(trafficCollector({ read, clock: { now: () => nowMs } }));
      for (reading = 1; reading < readings.length; reading++) {
        nowMs += 1000;
        expect(await analyzer.collect()).toEqual([]);
      }
      expect(analyzer.report().statistics.total_metrics_count).toBe(readings.length - 1);
    }),
    { numRuns: 50 },
  );
});

it.each([
  [undefined, /trafficCollector options must be an object/],
  [{}, /trafficCollector options\.read must be a function/],
  [{ read: () => none, nmae: "x" }, /has no field "nmae"/],
  [{ read: () => none, clock: {} }, /clock\.now must be a function/],
  [{ read: () => ({ ...none, request_total: Number.NaN }) }, /totals\.request_total must be a finite number >= 0/],
])("refuses %o", (options, message) => {
  expect(() => trafficCollector(options as never)).toThrow(message);
});
