import { Meter, PerformanceMonitor } from "@route/metrics";
import fc from "fast-check";
import parse, { type ParsedSample } from "parse-prometheus-text-format";
import { Counter, Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { bucketOf } from "../src/store/buckets.ts";
import { QuantileSketch } from "../src/store/quantile-sketch.ts";

const hostile = [
  "",
  "1",
  "1,b:2",
  "1|2",
  "2|",
  'a"b',
  "a\\",
  "\\n",
  "a\nb",
  "{}",
  "} 1",
  "é",
  "🦊",
  "\ud800",
  "x".repeat(10_000),
];
const labelValue = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary", maxLength: 8 }), fc.integer());
const bounds = [0.005, 0.1, 1, 10];

type Step =
  | { readonly kind: "inc"; readonly a: string | number; readonly b: string | number; readonly amount: number }
  | { readonly kind: "set"; readonly a: string | number; readonly value: number }
  | { readonly kind: "observe"; readonly a: string | number; readonly value: number }
  | { readonly kind: "remove"; readonly a: string | number; readonly b: string | number }
  | { readonly kind: "reset" }
  | { readonly kind: "scrape"; readonly format: "prometheus" | "openmetrics" };

const amount = fc.oneof(fc.nat(1000), fc.double({ min: 0, max: 1e6, noNaN: true }));
const value = fc.oneof(fc.constantFrom(...bounds, 0, -0, -3), fc.double({ min: -1e9, max: 1e9, noNaN: true }));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("inc" as const), a: labelValue, b: labelValue, amount }),
  fc.record({ kind: fc.constant("set" as const), a: labelValue, value }),
  fc.record({ kind: fc.constant("observe" as const), a: labelValue, value }),
  fc.record({ kind: fc.constant("remove" as const), a: labelValue, b: labelValue }),
  fc.record({ kind: fc.constant("reset" as const) }),
  fc.record({
    kind: fc.constant("scrape" as const),
    format: fc.constantFrom("prometheus" as const, "openmetrics" as const),
  }),
);

/** What a page has to show, kept in the plainest way. */
class Model {
  readonly counters = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  readonly histograms = new Map<string, number[]>();

  static key(labels: Readonly<Record<string, string | number>>): string {
    const pairs = Object.entries(labels).map(([name, text]) => [name, String(text).toWellFormed()]);
    return JSON.stringify(pairs.filter(([, text]) => text !== "").sort());
  }

  apply(step: Step): void {
    if (step.kind === "inc") {
      const key = Model.key({ a: step.a, b: step.b });
      this.counters.set(key, (this.counters.get(key) ?? 0) + step.amount);
    } else if (step.kind === "set") this.gauges.set(Model.key({ a: step.a }), step.value);
    else if (step.kind === "observe") {
      const key = Model.key({ a: step.a });
      this.histograms.set(key, [...(this.histograms.get(key) ?? []), step.value]);
    } else if (step.kind === "remove") this.counters.delete(Model.key({ a: step.a, b: step.b }));
    else if (step.kind === "reset") {
      for (const key of this.counters.keys()) this.counters.set(key, 0);
      for (const key of this.gauges.keys()) this.gauges.set(key, 0);
      for (const key of this.histograms.keys()) this.histograms.set(key, []);
    }
  }
}

const byLabels = (samples: readonly ParsedSample[]): Map<string, number> => {
  const found = samples.map(({ labels = {}, value }) => [Model.key(labels), Number(value)] as const);
  expect(new Set(found.map(([key]) => key)).size, "a series appears twice").toBe(found.length);
  return new Map(found);
};

/**
 * The parser knows the text format, of whose lines those of an OpenMetrics page differ in the headers only, and it loses
 * the labels of what it knows to be a histogram.
 */
const asText = (page: string): string =>
  page
    .replace(/^# (HELP|TYPE) jobs /gm, "# $1 jobs_total ")
    .replace(/^# TYPE wait histogram\n/m, "")
    .replace(/\n# EOF\n$/, "\n");

const check = (page: string, model: Model): void => {
  // A name that comes again after another is a family of its own to the parser.
  const families = Map.groupBy(parse(asText(page)), ({ name }) => name);
  const read = (name: string): Map<string, number> =>
    byLabels((families.get(name) ?? []).flatMap(({ metrics }) => metrics));
  // The page has no negative zero, hence `+ 0`.
  const sumOf = (values: readonly number[]): number => values.reduce((sum, observed) => sum + observed, 0) + 0;
  const histograms = <T>(expected: (values: readonly number[]) => T): Map<string, T> =>
    new Map([...model.histograms].map(([key, values]) => [key, expected(values)]));

  expect(read("jobs_total")).toEqual(model.counters);
  expect(read("depth")).toEqual(new Map([...model.gauges].map(([key, number]) => [key, number + 0])));
  expect(read("wait_sum")).toEqual(histograms(sumOf));
  expect(read("wait_count")).toEqual(histograms((values) => values.length));
  const buckets = [...model.histograms].flatMap(([key, values]) =>
    [...bounds, Infinity].map((bound) => {
      const le = bound === Infinity ? "+Inf" : String(bound);
      const labels = JSON.stringify([...JSON.parse(key), ["le", le]]);
      return [labels, values.filter((observed) => observed <= bound).length] as const;
    }),
  );
  expect(read("wait_bucket")).toEqual(new Map(buckets));
};

describe("any labels and any interleaving of record and scrape", () => {
  it("agree with a naive model, in what an independent parser reads", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        using meter = new Meter();
        const jobs = meter.counter({
          name: "jobs_total",
          help: 'Jobs "done" \\ since\nthe start',
          labelNames: ["a", "b"],
        });
        const depth = meter.gauge({ name: "depth", help: "Depth", labelNames: ["a"] });
        const wait = meter.histogram({ name: "wait", help: "Wait", labelNames: ["a"], buckets: bounds });
        const model = new Model();
        for (const each of steps) {
          if (each.kind === "inc") jobs.labels(each.a, each.b).inc(each.amount);
          else if (each.kind === "set") depth.labels(each.a).set(each.value);
          else if (each.kind === "observe") wait.labels(each.a).observe(each.value);
          else if (each.kind === "remove") jobs.remove(each.a, each.b);
          else if (each.kind === "reset") (meter.registry as Registry).resetMetrics();
          else check((await meter.render(each.format)).body, model);
          model.apply(each);
        }
        check((await meter.render()).body, model);
      }),
      { numRuns: 150 },
    );
  });

  it("give the bytes that the client gives for the same data", async () => {
    const name = fc.constantFrom("a", "b\nc", 'd"', "\\", "é🦊", "x,y:z");
    const record = fc.record({ kind: name, amount: fc.double({ min: 0, max: 1e12, noNaN: true }) });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 30 }), async (records) => {
        using meter = new Meter({ registry: new Registry() });
        const registry = new Registry();
        const counter = { name: "n_total", help: "N", labelNames: ["kind"] };
        const histogram = { name: "h", help: "H", labelNames: ["kind"], buckets: bounds };
        const ours = [meter.counter(counter), meter.histogram(histogram)] as const;
        const registers = [registry];
        const theirs = [new Counter({ ...counter, registers }), new Histogram({ ...histogram, registers })] as const;
        for (const { kind, amount } of records) {
          ours[0].labels(kind).inc(amount);
          ours[1].labels(kind).observe(amount);
          theirs[0].inc({ kind }, amount);
          theirs[1].observe({ kind }, amount);
        }
        expect((await meter.render()).body).toBe(await registry.metrics());
        expect(await (meter.registry as Registry).metrics()).toBe(await registry.metrics());
      }),
      { numRuns: 50 },
    );
  });
});

describe("numbers that are none", () => {
  it("are refused with a clear error, and change no page", async () => {
    using monitor = new PerformanceMonitor({ quantiles: true });
    const counter = monitor.counter({ name: "c_total", help: "C" }).labels();
    const gauge = monitor.gauge({ name: "g", help: "G" }).labels();
    const histogram = monitor.histogram({ name: "h", help: "H", quantiles: true }).labels();
    const before = (await monitor.render()).body;
    for (const bad of [Number.NaN, Infinity, -Infinity, "1" as never, null as never, {} as never]) {
      expect(() => gauge.set(bad)).toThrow(/a gauge's value must be a finite number, got/);
      expect(() => gauge.inc(bad)).toThrow(RangeError);
      expect(() => gauge.dec(bad)).toThrow(RangeError);
      expect(() => histogram.observe(bad)).toThrow(/a histogram's observation must be a finite number, got/);
    }
    for (const bad of [Number.NaN, Infinity, -Infinity, -1, -1e-9, "1" as never, null as never, {} as never])
      expect(() => counter.inc(bad)).toThrow(/a counter's increment must be a finite number >= 0, got/);
    expect(() => histogram.observe(1, "t".repeat(121))).toThrow(/trace id must have at most 120 characters/);
    expect((await monitor.render()).body).toBe(before);
  });
});

describe("bucketOf", () => {
  it("finds what a scan finds, for any bounds", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    const ascending = fc.uniqueArray(finite, { minLength: 1, maxLength: 70 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(ascending, fc.array(finite), (list, values) => {
        const all = Float64Array.of(...list, Infinity);
        for (const each of [...values, ...list])
          expect(bucketOf(all, each)).toBe(all.findIndex((bound) => each <= bound));
      }),
    );
  });
});

describe("QuantileSketch", () => {
  it("is within 1/64 of the exact quantile, from 30 ns to 24 days", () => {
    const seconds = fc.double({ min: Math.log(3e-8), max: Math.log(2e6), noNaN: true }).map(Math.exp);
    fc.assert(
      fc.property(fc.array(seconds, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, ratio) => {
        const sketch = new QuantileSketch();
        for (const each of values) sketch.record(each);
        const exact = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(ratio * values.length) - 1)]!;
        expect(Math.abs(sketch.quantile(ratio)! / exact - 1)).toBeLessThanOrEqual(1 / 64 + 1e-9);
      }),
    );
  });

  it("counts what is out of range as the nearest end", () => {
    const only = (number: number): number => {
      const sketch = new QuantileSketch();
      sketch.record(number);
      return sketch.quantile(0.5)!;
    };
    for (const small of [-1, 0, 1e-300]) expect(only(small)).toBeLessThan(1e-9);
    for (const large of [3e6, 1e300]) expect(only(large)).toBeGreaterThan(2e6);
  });
});
