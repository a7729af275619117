import type { FinishedSpan } from "@route/tracing";
import {
  allOf,
  dropIf,
  keepAttribute,
  keepErrors,
  keepName,
  keepRate,
  keepRatio,
  keepSlow,
  not,
  type TailSamplingOptions,
  TailSamplingProcessor,
} from "@route/tracing/samplers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { finishedSpan } from "./_spans.ts";
import { child, failed, root, setUp, traceId } from "./_tail.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("policies", () => {
  const keptBy = (options: Partial<TailSamplingOptions>, ...spans: FinishedSpan[]): boolean => {
    const { tail, ended } = setUp({ graceMs: 0, ...options });
    for (const span of spans) tail.onEnd(span);
    return ended.length > 0;
  };
  const slow = { startTime: [10, 0], endTime: [11, 0] } as const;

  it("keep every error, everything slower than a second and a tenth of the rest by default", () => {
    const ended: FinishedSpan[] = [];
    const onEnd = (span: FinishedSpan): void => void ended.push(span);
    const next = { onStart: () => {}, onEnd, forceFlush: async () => {}, shutdown: async () => {} };
    const byDefault = new TailSamplingProcessor({ next, graceMs: 0 });
    byDefault.onEnd(root(1, failed));
    byDefault.onEnd(root(2, { startTime: [10, 0], endTime: [11, 0] }));
    byDefault.onEnd(root(3));
    byDefault.onEnd(finishedSpan({ traceId: traceId(4), traceFlags: 0 }));
    expect(byDefault.stats().keptByPolicy).toEqual({ errors: 1, slow: 1, ratio: 1 });
    expect(ended).toHaveLength(3);
  });

  it("measure a trace from its first start to its last end", () => {
    const first = child(1, { startTime: [10, 0], endTime: [10, 1] });
    const last = root(1, { startTime: [10, 400_000_000], endTime: [10, 600_000_000] });
    expect(keptBy({ policies: [keepSlow(600)] }, first, last)).toBe(true);
    expect(keptBy({ policies: [keepSlow(601)] }, first, last)).toBe(false);
    expect(
      keptBy({ policies: [keepSlow(1_000)] }, root(1, { startTime: [...slow.startTime], endTime: [...slow.endTime] })),
    ).toBe(true);
  });

  it("go on when one of them throws, and say so once", () => {
    const warnings: unknown[] = [];
    const broken = (): never => {
      throw new Error("bug");
    };
    const { tail, ended } = setUp({
      graceMs: 0,
      policies: [keepName(broken), keepErrors()],
      log: { warn: (message) => void warnings.push(message) },
    });
    tail.onEnd(root(1, failed));
    tail.onEnd(root(2));
    expect(ended).toHaveLength(1);
    expect(tail.stats()).toMatchObject({ received: 2, kept: 1, dropped: 1, pendingSpans: 0 });
    expect(warnings).toEqual(['The tail policy "name" threw']);
  });

  it("vote by ratio alike in every process", () => {
    for (let n = 0; n < 100; n++) {
      const id = `${"a".repeat(18)}${((n * 2 ** 52) / 100).toString(16).split(".")[0]!.padStart(13, "0")}0`;
      const votes = [1, 2].map(() =>
        keptBy({ policies: [keepRatio(0.3)] }, finishedSpan({ traceId: id, traceFlags: 0 })),
      );
      expect(votes[0]).toBe(votes[1]);
      expect(votes[0]).toBe(n >= 70);
    }
  });

  it("look at attributes and names of any span", () => {
    const spans = [child(1, { name: "inner", attributes: { tenant: "gold", size: 3 } }), root(1)];
    expect(keptBy({ policies: [keepAttribute("tenant", "gold")] }, ...spans)).toBe(true);
    expect(keptBy({ policies: [keepAttribute("tenant", /^go/)] }, ...spans)).toBe(true);
    expect(keptBy({ policies: [keepAttribute("size", (size) => Number(size) > 3)] }, ...spans)).toBe(false);
    expect(keptBy({ policies: [keepName("inner")] }, ...spans)).toBe(true);
    expect(keptBy({ policies: [keepName(/^outer/)] }, ...spans)).toBe(false);
  });

  it("bound the spans per second", () => {
    let now = 0;
    const { tail, ended } = setUp({ graceMs: 0, policies: [keepRate(2, () => now)] });
    for (let n = 0; n < 5; n++) tail.onEnd(root(n));
    expect(ended).toHaveLength(2);
    now = 1_000;
    for (let n = 5; n < 10; n++) tail.onEnd(root(n));
    expect(ended).toHaveLength(4);
    now = 11_000;
    tail.onEnd(root(10));
    now = 0;
    tail.onEnd(root(11));
    expect(ended).toHaveLength(6);
  });

  it("combine with and, not, and drop", () => {
    const error = root(1, { ...failed, name: "healthcheck.check" });
    expect(keptBy({ policies: [allOf(keepErrors(), keepName("other"))] }, error)).toBe(false);
    expect(keptBy({ policies: [allOf(keepErrors(), keepName("healthcheck.check"))] }, error)).toBe(true);
    expect(keptBy({ policies: [not(keepErrors())] }, error)).toBe(false);
    expect(keptBy({ policies: [keepErrors(), dropIf(keepName("healthcheck.check"))] }, error)).toBe(false);
  });
});
