import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AlwaysOnSampler, type BatchSpanProcessor, NoopSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { AttributeList, SpanPool } from "@route/tracing/processors";
import type { BenchRow } from "../../../tools/bench.ts";
import { encodedDiscarding, officialBatching, ourPipeline } from "./_exporters.ts";
import { interleaved, median, ratio, timeAsyncUs } from "./_harness.ts";
import { sdkSpans } from "./_spans.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const perCall = 1_000;

const creationRow = (): BenchRow => {
  const make = (processor: NoopSpanProcessor | BatchSpanProcessor | ReturnType<typeof ourPipeline>) => {
    const tracer = new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [processor] }).getTracer(
      "seed",
    );
    return (): void => {
      for (let index = 0; index < perCall; index++) tracer.startSpan("test").end();
    };
  };
  const us = interleaved({ noop: make(new NoopSpanProcessor()), ours: make(ourPipeline(encodedDiscarding)) }, 1);
  return {
    case: "SpanCreation (the SDK's span, start and end)",
    measured: `${us.noop.toFixed(0)} ns without pipeline, ${us.ours.toFixed(0)} ns through it`,
    target: "",
    met: undefined,
  };
};

interface PlainSpan {
  name: string;
  attributes: Record<string, unknown>;
  events: unknown[];
}

/** Five attributes per span, on a live window of 2,048 spans, as the seed's pool would be used. */
const poolRow = (): BenchRow => {
  const keys = ["a", "b", "c", "d", "e"];
  const live: unknown[] = new Array(2_048).fill(undefined);
  let at = 0;
  const next = (): number => (at = (at + 1) & 2_047);
  const fill = (span: PlainSpan): PlainSpan => {
    span.name = "test";
    for (const key of keys) span.attributes[key] = 1;
    return span;
  };
  const idle: PlainSpan[] = [];
  const pool = new SpanPool(4_096);
  const loop = (step: () => void) => (): void => {
    for (let index = 0; index < perCall; index++) step();
  };
  const us = interleaved(
    {
      fresh: loop(() => {
        live[next()] = fill({ name: "", attributes: {}, events: [] });
      }),
      emptied: loop(() => {
        const slot = next();
        const old = live[slot] as PlainSpan | undefined;
        if (old?.attributes !== undefined && !(old.attributes instanceof AttributeList)) {
          for (const key in old.attributes) delete old.attributes[key];
          old.events.length = 0;
          idle.push(old);
        }
        live[slot] = fill(idle.pop() ?? { name: "", attributes: {}, events: [] });
      }),
      flat: loop(() => {
        const span = pool.acquire();
        span.name = "test";
        for (const key of keys) span.attributes.setNumber(key, 1);
        pool.release(span);
      }),
    },
    1,
  );
  return {
    case: "SpanWithPool: the seed's pool of emptied attribute objects and our flat spans, against new objects",
    measured: `emptied ${ratio(us.emptied / us.fresh)}, flat ${ratio(us.flat / us.fresh)} (${us.fresh.toFixed(0)} / ${us.emptied.toFixed(0)} / ${us.flat.toFixed(0)} ns)`,
    target: "",
    met: undefined,
  };
};

const batchRow = async (): Promise<BenchRow> => {
  const spans = sdkSpans(100);
  const contenders = { official: officialBatching(), ours: ourPipeline() };
  const times = { official: [] as number[], ours: [] as number[] };
  for (let round = -20; round < 101; round++) {
    for (const name of ["official", "ours"] as const) {
      const us = await timeAsyncUs(() => {
        for (const span of spans) contenders[name].onEnd(span);
        return contenders[name].forceFlush();
      });
      if (round >= 0) times[name].push(us);
    }
  }
  const [official, ours] = [median(times.official), median(times.ours)];
  return {
    case: "BatchExport of 100 spans, encoded and thrown away",
    measured: `${ratio(official / ours)} (${official.toFixed(0)} / ${ours.toFixed(0)} us)`,
    target: "",
    met: undefined,
  };
};

/** Bytes that a loop allocates per attribute, garbage included. */
const allocationRow = (): BenchRow => {
  const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const bytesPer = (step: () => void): number => {
    for (let warm = 0; warm < 20_000; warm++) step();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    // Few enough to stay in the young generation: a collection in between would hide what was allocated.
    for (let index = 0; index < 500; index++) step();
    return (process.memoryUsage().heapUsed - before) / (500 * keys.length);
  };
  const tracer = new TracerProvider({ sampler: new AlwaysOnSampler() }).getTracer("seed");
  const span = tracer.startSpan("test");
  const list = new AttributeList();
  const sdk = bytesPer(() => {
    for (let index = 0; index < keys.length; index++) span.setAttribute(keys[index]!, index + 0.5);
  });
  const typed = bytesPer(() => {
    for (let index = 0; index < keys.length; index++) list.setNumber(keys[index]!, index + 0.5);
  });
  return {
    case: "bytes allocated per attribute: the SDK's setAttribute, AttributeList",
    measured: `${sdk.toFixed(0)} and ${Math.max(0, typed).toFixed(0)} bytes`,
    target: "",
    met: undefined,
  };
};

export const bench = async (): Promise<BenchRow[]> => [creationRow(), poolRow(), await batchRow(), allocationRow()];
