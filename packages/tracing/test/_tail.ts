import { SpanStatusCode } from "@opentelemetry/api";
import type { FinishedSpan } from "@route/tracing";
import { keepErrors, type TailSamplingOptions, TailSamplingProcessor } from "@route/tracing/samplers";
import { finishedSpan, type SpanFields } from "./_spans.ts";

export const traceId = (n: number, low = false): string =>
  `c0ffee${n.toString(16).padStart(12, "0")}${(low ? "0" : "f").repeat(14)}`;
export const child = (n: number, fields: SpanFields = {}): FinishedSpan =>
  finishedSpan({
    traceId: traceId(n, true),
    traceFlags: 0,
    parent: { traceId: traceId(n, true), spanId: "b7ad6b7169203331", traceFlags: 0 },
    ...fields,
  });
export const root = (n: number, fields: SpanFields = {}): FinishedSpan =>
  finishedSpan({ traceId: traceId(n, true), traceFlags: 0, name: "root", ...fields });
export const failed = { status: { code: SpanStatusCode.ERROR } };

export const setUp = (options: Partial<TailSamplingOptions> = {}) => {
  const ended: FinishedSpan[] = [];
  const next = {
    onStart: () => {},
    onEnd: (span: FinishedSpan) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const clock = () => performance.now();
  const tail = new TailSamplingProcessor({ next, clock, policies: [keepErrors()], ...options });
  return { tail, ended };
};
