import { NoopSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { TailSamplingProcessor } from "@route/tracing/samplers";
import type { BenchRow } from "../../../tools/bench.ts";
import { type EndedSpanTaker, officialBatching, ourPipeline } from "./_exporters.ts";
import { median, timeAsyncUs, timeUs } from "./_harness.ts";
import { sdkSpans, sdkTraces } from "./_spans.ts";

const rounds = 101;
const spansPerBatch = 512;

/** Nanoseconds per span from its end to the discarded bytes, over one batch. */
const costNs = async (processor: EndedSpanTaker, spans: readonly ReadableSpan[]): Promise<number> => {
  const us = await timeAsyncUs(() => {
    for (const span of spans) processor.onEnd(span);
    return processor.forceFlush();
  });
  return (us * 1_000) / spans.length;
};

const tailSampler = (): TailSamplingProcessor =>
  new TailSamplingProcessor({ next: new NoopSpanProcessor(), graceMs: 0 });

/** Nanoseconds per span that a processor gets once. */
const tailNs = (processor: { onEnd(span: ReadableSpan): void }, spans: readonly ReadableSpan[]): number =>
  (timeUs(() => {
    for (const span of spans) processor.onEnd(span);
  }, 1) *
    1_000) /
  spans.length;

const tailRow = (): BenchRow => {
  const spans = sdkTraces(1_000);
  const noop: number[] = [];
  const tail: number[] = [];
  for (let round = -200; round < rounds; round++) {
    const [without, with_] = [tailNs(new NoopSpanProcessor(), spans), tailNs(tailSampler(), spans)];
    if (round < 0) continue;
    noop.push(without);
    tail.push(with_);
  }
  const ns = median(tail) - median(noop);
  return {
    case: "tail sampling per span over a no-op processor (traces of 4 spans, default policies)",
    measured: `${(ns / 1_000).toFixed(2)} us`,
    target: "<= 0.4 us",
    met: ns <= 400,
  };
};

export const bench = async (): Promise<BenchRow[]> => {
  const spans = sdkSpans(spansPerBatch);
  const contenders = { noop: new NoopSpanProcessor(), official: officialBatching(), ours: ourPipeline() };
  const times = { noop: [] as number[], official: [] as number[], ours: [] as number[] };
  for (let round = -20; round < rounds; round++) {
    for (const name of ["noop", "official", "ours"] as const) {
      const ns = await costNs(contenders[name], spans);
      if (round >= 0) times[name].push(ns);
    }
  }
  const noop = median(times.noop);
  const [official, ours] = [median(times.official) - noop, median(times.ours) - noop];
  return [
    {
      case: "pipeline cost per span after end() against BatchSpanProcessor + official serializer",
      measured: `1/${(official / ours).toFixed(2)} (${official.toFixed(0)} / ${ours.toFixed(0)} ns)`,
      target: "<= 1/3",
      met: official / ours >= 3,
    },
    tailRow(),
  ];
};
