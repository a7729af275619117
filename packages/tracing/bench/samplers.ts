import { createRequire } from "node:module";
import { ROOT_CONTEXT, type Sampler, SamplingDecision, SpanKind, trace } from "@opentelemetry/api";
import { RandomIdGenerator } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { AdaptiveSampler, ConsistentProbabilitySampler, FastIdGenerator } from "@route/tracing/samplers";
import type { BenchRow } from "../../../tools/bench.ts";
import { interleaved, ratio } from "./_harness.ts";

// The package has no build that Node loads as ESM.
const { createCompositeSampler, createComposableProbabilitySampler } = createRequire(import.meta.url)(
  "@opentelemetry/sampler-composite",
) as {
  createCompositeSampler(root: unknown): Sampler;
  createComposableProbabilitySampler(ratio: number): unknown;
};

const ids = new FastIdGenerator();
const traceIds = Array.from({ length: 1_024 }, () => ids.generateTraceId());

const decisions = (sampler: Sampler) => (): void => {
  for (const traceId of traceIds) sampler.shouldSample(ROOT_CONTEXT, traceId, "GET /", SpanKind.SERVER, {}, []);
};

const decisionRow = (): BenchRow => {
  const us = interleaved(
    {
      composite: decisions(createCompositeSampler(createComposableProbabilitySampler(0.1))),
      ours: decisions(new ConsistentProbabilitySampler({ ratio: 0.1 })),
    },
    4,
  );
  const ns = (us.ours * 1_000) / traceIds.length;
  const gain = us.composite / us.ours;
  return {
    case: "consistent sampler decision",
    measured: `${ns.toFixed(0)} ns, ${ratio(gain)} composite (${((us.composite * 1_000) / traceIds.length).toFixed(0)} ns)`,
    target: "<= 60 ns and >= 3x composite",
    met: ns <= 60 && gain >= 3,
  };
};

const idRow = (): BenchRow => {
  const official = new RandomIdGenerator();
  const draw = (generator: { generateTraceId(): string; generateSpanId(): string }) => (): void => {
    for (let index = 0; index < 1_000; index++) {
      generator.generateTraceId();
      generator.generateSpanId();
    }
  };
  const us = interleaved({ official: draw(official), ours: draw(ids) }, 3);
  return {
    case: "id generation against RandomIdGenerator (ours from a secure source)",
    measured: `${ratio(us.official / us.ours)} (${(us.ours / 2).toFixed(0)} ns per id)`,
    target: ">= 1.5x",
    met: us.official / us.ours >= 1.5,
  };
};

/** Spans kept per second under a load that changes with the second; arrivals are spread evenly, ids are random. */
const adaptiveRow = (): BenchRow => {
  let now = 0;
  const sampler = new AdaptiveSampler({ targetPerSecond: 50, clock: () => now });
  const load = (second: number): number => (second >= 120 && second < 130 ? 50_000 : 200);
  const kept = Array.from({ length: 180 }, (_, second) => {
    let count = 0;
    for (let index = 0; index < load(second); index++) {
      now = second * 1_000 + (index * 1_000) / load(second);
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, ids.generateTraceId(), "x", SpanKind.SERVER, {}, []);
      if (decision === SamplingDecision.RECORD_AND_SAMPLED) count++;
    }
    return count;
  });
  const sum = (from: number, to: number): number => kept.slice(from, to).reduce((total, value) => total + value, 0);
  const steady = sum(10, 120) / 110 / 50;
  const worst = Math.max(...kept) / 50;
  const burst = sum(120, 130) / 10 / 50;
  return {
    case: "adaptive sampler: steady state, worst second, 10 s burst of 250x",
    measured: `${ratio(steady)} of the target steady, worst second ${ratio(worst)}, burst total ${ratio(burst)}`,
    target: "within 10 % of target when steady; no second above 2.6x; burst of 250x: total <= 1.15x",
    met: Math.abs(steady - 1) <= 0.1 && worst <= 2.6 && burst <= 1.15,
  };
};

/** The no-op API: no SDK is registered. */
const noopRow = (): BenchRow => {
  const api = trace.getTracer("noop");
  const full = new RequestTracer();
  const bare = new RequestTracer({ maxOperations: 0 });
  const work = (): number => 1;
  const us = interleaved(
    {
      api: () => {
        for (let run = 0; run < 1_000; run++) {
          api.startActiveSpan("GET /", (span) => {
            try {
              return work();
            } finally {
              span.end();
            }
          });
        }
      },
      full: () => {
        for (let run = 0; run < 1_000; run++) full.trace("GET /", work);
      },
      bare: () => {
        for (let run = 0; run < 1_000; run++) bare.trace("GET /", work);
      },
    },
    4,
  );
  return {
    case: "`trace()` on the no-op API against startActiveSpan",
    measured: `${ratio(us.full / us.api)} with durations, ${ratio(us.bare / us.api)} without (${us.api.toFixed(0)} / ${us.full.toFixed(0)} / ${us.bare.toFixed(0)} ns)`,
    target: "<= 1.3x",
    met: us.full / us.api <= 1.3,
  };
};

export const bench = (): BenchRow[] => [noopRow(), decisionRow(), idRow(), adaptiveRow()];
