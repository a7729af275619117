import { createTraceState, ROOT_CONTEXT, SamplingDecision, type TraceState, trace } from "@opentelemetry/api";
import { ConsistentProbabilitySampler } from "@route/tracing/samplers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatThreshold,
  parseRandomness,
  parseThreshold,
  passes,
  ratioOf,
  thresholdOf,
  traceIdPasses,
} from "../src/sampling/threshold.ts";

const traceIdOf = (randomness: bigint): string => `4bf92f3577b34da6a3${randomness.toString(16).padStart(14, "0")}`;
const randomness = fc.bigInt({ min: 0n, max: 2n ** 56n - 1n });
const ratio = fc.double({ min: 2 ** -56, max: 1, noNaN: true });
const asBigInt = (threshold: string): bigint => BigInt(`0x${threshold}`);

describe("thresholds", () => {
  it.each([
    [1, 14, "0"],
    [0.5, 14, "8"],
    [0.25, 14, "c"],
    [0.01, 5, "fd70a4"],
    [0.01, 4, "fd70a"],
    [0.01, 14, "fd70a3d70a3d71"],
    [1 / 3, 4, "aaab"],
    [2 / 3, 4, "5555"],
    [2 ** -56, 14, "ffffffffffffff"],
    [0.001, 3, "ffbe7"],
  ])("write the ratio %d in %d digits as %s", (value, digits, text) => {
    expect(formatThreshold(thresholdOf(value, digits))).toBe(text);
  });

  it("equal exact integer arithmetic", () => {
    fc.assert(
      fc.property(ratio, (value) => {
        expect(asBigInt(thresholdOf(value, 14))).toBe(2n ** 56n - BigInt(Math.round(value * 2 ** 56)));
      }),
    );
  });

  it("survive being written and read", () => {
    fc.assert(
      fc.property(ratio, fc.integer({ min: 1, max: 14 }), (value, digits) => {
        const threshold = thresholdOf(value, digits);
        expect(parseThreshold(formatThreshold(threshold)!)).toEqual(threshold);
        expect(ratioOf(threshold)).toBeGreaterThan(0);
      }),
    );
  });

  it("decide like integers of 56 bits", () => {
    fc.assert(
      fc.property(randomness, ratio, (random, value) => {
        const threshold = thresholdOf(value, 14);
        const expected = random >= asBigInt(threshold);
        expect(traceIdPasses(traceIdOf(random), threshold)).toBe(expected);
        expect(passes(parseRandomness(random.toString(16).padStart(14, "0"))!, threshold)).toBe(expected);
      }),
    );
  });

  it("keep at a larger ratio whatever a smaller one keeps", () => {
    fc.assert(
      fc.property(randomness, ratio, ratio, (random, first, second) => {
        const small = thresholdOf(Math.min(first, second), 14);
        const large = thresholdOf(Math.max(first, second), 14);
        if (traceIdPasses(traceIdOf(random), small)) expect(traceIdPasses(traceIdOf(random), large)).toBe(true);
      }),
    );
  });

  it.each(["", "g", "0123456789abcde", "FF", " c"])("refuse the text %j", (text) => {
    expect(parseThreshold(text)).toBeUndefined();
    expect(parseRandomness(text)).toBeUndefined();
  });
});

describe("ConsistentProbabilitySampler", () => {
  const decide = (ratioValue: number, traceId: string, traceState?: TraceState) => {
    const parent = traceState
      ? trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: "b7ad6b7169203331", traceFlags: 1, traceState })
      : ROOT_CONTEXT;
    return new ConsistentProbabilitySampler({ ratio: ratioValue }).shouldSample(parent, traceId);
  };

  it("keeps the share that it was given", () => {
    const sampler = new ConsistentProbabilitySampler({ ratio: 0.25 });
    let kept = 0;
    for (let step = 0n; step < 4_000n; step++) {
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceIdOf((step * 2n ** 56n) / 4_000n));
      if (decision === SamplingDecision.RECORD_AND_SAMPLED) kept++;
    }
    expect(kept).toBe(1_000);
  });

  it("keeps everything at 1 and nothing at 0", () => {
    expect(decide(1, traceIdOf(0n)).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(decide(0, traceIdOf(2n ** 56n - 1n)).decision).toBe(SamplingDecision.NOT_RECORD);
  });

  it("writes its threshold into the tracestate, before the others' members", () => {
    const { traceState } = decide(0.25, traceIdOf(2n ** 56n - 1n), createTraceState("vendor=x,ot=th:8;p:1,more=y"));
    expect(traceState?.serialize()).toBe("ot=th:c;p:1,vendor=x,more=y");
    expect(decide(0.25, traceIdOf(2n ** 56n - 1n)).traceState?.serialize()).toBe("ot=th:c");
  });

  it("decides by explicit randomness where there is some", () => {
    const state = createTraceState("ot=rv:9b8233f7e3a151");
    expect(decide(0.5, traceIdOf(0n), state).decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(decide(0.5, traceIdOf(0n), state).traceState?.serialize()).toBe("ot=th:8;rv:9b8233f7e3a151");
    expect(decide(0.1, traceIdOf(2n ** 56n - 1n), state).decision).toBe(SamplingDecision.NOT_RECORD);
  });

  it("makes room in a full tracestate by letting the oldest member go", () => {
    const members = Array.from({ length: 32 }, (_, index) => `v${index}=x`);
    const kept = decide(1, traceIdOf(0n), createTraceState(members.join(","))).traceState?.serialize();
    expect(kept).toBe(["ot=th:0", ...members.slice(0, 31)].join(","));
  });

  it("keeps its own member within 256 characters, and the randomness in it", () => {
    const long = createTraceState(`ot=rv:9b8233f7e3a151;p:${"x".repeat(232)}`);
    expect(decide(1, traceIdOf(0n), long).traceState?.get("ot")).toBe("th:0;rv:9b8233f7e3a151");
  });

  it("erases a threshold that does not hold any more", () => {
    const dropped = decide(0.25, traceIdOf(0n), createTraceState("ot=th:8;rv:00000000000000,vendor=x"));
    expect(dropped.traceState?.serialize()).toBe("ot=rv:00000000000000,vendor=x");
    expect(decide(0.25, traceIdOf(0n), createTraceState("ot=th:8")).traceState?.serialize()).toBe("");
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses the ratio %d", (value) => {
    expect(() => new ConsistentProbabilitySampler({ ratio: value })).toThrow(/ratio must be a number from 0 to 1/);
  });
});
