import { ROOT_CONTEXT, SamplingDecision, SpanKind } from "@opentelemetry/api";
import { AdaptiveSampler, type AdaptiveSamplerOptions } from "@route/tracing/samplers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fairShares } from "../src/sampling/fair-shares.ts";
import { decide } from "./_samplers.ts";

describe("fair shares", () => {
  it("meet small demands, share the rest, and never give more than there is", () => {
    expect(fairShares([100, 1, 50], 31)).toEqual([15, 1, 15]);
    expect(fairShares([1, 2], 10)).toEqual([1, 2]);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (demands, total) => {
          const shares = fairShares(demands, total);
          const sum = shares.reduce((left, right) => left + right, 0);
          expect(sum).toBeLessThanOrEqual(total * (1 + 1e-9) + 1e-9);
          for (const [index, share] of shares.entries()) expect(share).toBeLessThanOrEqual(demands[index]!);
        },
      ),
    );
  });
});

/** Spans kept in each second under a load of `perSecond(second)` spans, evenly spread, with ids from a counter that is spread over the range. */
const simulate = (
  options: AdaptiveSamplerOptions,
  seconds: number,
  perSecond: (second: number) => number,
  key?: (n: number) => string,
) => {
  let now = 0;
  let sequence = 0;
  const sampler = new AdaptiveSampler({ ...options, clock: () => now, ...(key && { key: (name: string) => name }) });
  return Array.from({ length: seconds }, (_, second) => {
    let kept = 0;
    const count = perSecond(second);
    for (let index = 0; index < count; index++) {
      now = second * 1_000 + (index * 1_000) / count;
      sequence++;
      // A multiple of the golden ratio spreads evenly: the simulation then has no luck in it.
      const fraction = (sequence * 0.618033988749895) % 1;
      const traceId = `${"a".repeat(18)}${Math.floor(fraction * 2 ** 52)
        .toString(16)
        .padStart(13, "0")}0`;
      const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId, key?.(sequence) ?? "x", SpanKind.SERVER, {});
      if (decision === SamplingDecision.RECORD_AND_SAMPLED) kept++;
    }
    return kept;
  });
};
const sum = (values: readonly number[]): number => values.reduce((left, right) => left + right, 0);

describe("AdaptiveSampler", () => {
  it("keeps its rate in steady state, also over an hour, and everything below it", () => {
    const steady = simulate({ targetPerSecond: 50 }, 600, () => 400);
    expect(Math.abs(sum(steady.slice(5)) / 595 / 50 - 1)).toBeLessThan(0.1);
    expect(sum(simulate({ targetPerSecond: 50 }, 60, () => 5))).toBe(300);
  });

  it("bounds every second and the whole of a burst of 250 times the rate", () => {
    const burst = simulate({ targetPerSecond: 50 }, 30, (second) => (second >= 10 && second < 20 ? 12_500 : 40));
    expect(Math.max(...burst)).toBeLessThanOrEqual(130);
    expect(sum(burst.slice(10, 20))).toBeLessThanOrEqual(575);
    expect(sum(burst.slice(10, 20))).toBeGreaterThan(400);
  });

  it("comes back after a burst, and after an idle time", () => {
    const load = (second: number): number => (second < 5 ? 5_000 : second < 15 ? 0 : 100);
    const kept = simulate({ targetPerSecond: 20 }, 40, load);
    expect(Math.abs(sum(kept.slice(20)) / 20 / 20 - 1)).toBeLessThan(0.15);
  });

  it("forgets a burst while nothing comes", () => {
    const kept = simulate({ targetPerSecond: 50 }, 70, (second) => (second < 5 ? 1_000 : second < 65 ? 0 : 100));
    expect(kept[65]).toBeGreaterThanOrEqual(40);
  });

  it("starts cold without keeping everything", () => {
    expect(simulate({ targetPerSecond: 10 }, 1, () => 20_000)[0]).toBeLessThanOrEqual(26);
  });

  it("keeps nothing at 0, and one in ten seconds at 0.1", () => {
    expect(sum(simulate({ targetPerSecond: 0 }, 10, () => 100))).toBe(0);
    const kept = sum(simulate({ targetPerSecond: 0.1 }, 600, () => 100));
    expect(kept).toBeGreaterThanOrEqual(45);
    expect(kept).toBeLessThanOrEqual(66);
  });

  it("gives a rare key its share beside a frequent one", () => {
    let rare = 0;
    const kept = simulate(
      { targetPerSecond: 50 },
      30,
      () => 1_010,
      (n) => (n % 101 === 0 ? "rare" : "frequent"),
    );
    expect(sum(kept.slice(5)) / 25).toBeLessThanOrEqual(60);
    let now = 0;
    const counting = new AdaptiveSampler({ targetPerSecond: 50, key: (name) => name, clock: () => now });
    for (let second = 0; second < 20; second++) {
      for (let index = 0; index < 1_010; index++) {
        now = second * 1_000 + index;
        const name = index % 101 === 0 ? "rare" : "frequent";
        const { decision } = decide(counting, ROOT_CONTEXT, name);
        if (name === "rare" && second >= 5 && decision !== SamplingDecision.NOT_RECORD) rare++;
      }
    }
    // A tenth of it would be what its part of the load gets.
    expect(rare).toBeGreaterThan(60);
  });

  it("follows a burst at once, and says so in the tracestate of what it keeps", () => {
    let now = 0;
    const sampler = new AdaptiveSampler({ targetPerSecond: 50, clock: () => now });
    const states: (string | undefined)[] = [];
    for (; now < 1_000; now += 0.02) {
      const { decision, traceState } = decide(sampler);
      if (decision !== SamplingDecision.NOT_RECORD) states.push(traceState?.serialize());
    }
    expect(states[0]).toBe("ot=th:0");
    expect(states.at(-1)).not.toBe("ot=th:0");
  });

  it("forgets a key that is not seen any more, for the sake of new ones", () => {
    let now = 0;
    const sampler = new AdaptiveSampler({ targetPerSecond: 50, maxKeys: 2, key: (name) => name, clock: () => now });
    for (; now < 5_000; now += 10) decide(sampler, ROOT_CONTEXT, now % 20 === 0 ? "old" : "older");
    let kept = 0;
    for (now = 100_000; now < 140_000; now++) {
      // The first of the new keys gets a place of the old ones.
      const name = now % 100 === 0 ? "rare" : "frequent";
      const { decision } = decide(sampler, ROOT_CONTEXT, name);
      if (name === "rare" && now >= 130_000 && decision !== SamplingDecision.NOT_RECORD) kept++;
    }
    expect(kept).toBeGreaterThan(30);
  });

  it("stays bounded when keys explode", () => {
    const kept = simulate(
      { targetPerSecond: 50, maxKeys: 10 },
      20,
      () => 2_000,
      (n) => `key-${n}`,
    );
    expect(sum(kept.slice(5)) / 15).toBeLessThanOrEqual(57.5);
  });

  it("survives a clock that goes back", () => {
    let now = 10_000;
    const sampler = new AdaptiveSampler({ targetPerSecond: 10, clock: () => now });
    decide(sampler);
    now = 0;
    for (let index = 0; index < 1_000; index++) decide(sampler);
    now = 30_000;
    for (let index = 0; index < 1_000; index++) decide(sampler);
    expect(decide(sampler).decision).toBeTypeOf("number");
  });

  it("keeps a ratio of the whole in the seed's mode, and tells its rate", () => {
    const gauges: [string, number][] = [];
    const metrics = {
      gauge: (name: string, value: number) => void gauges.push([name, value]),
      count() {},
      observe() {},
    };
    const kept = simulate({ targetRatio: 0.1, windowMs: 1_000, metrics }, 20, () => 1_000);
    expect(Math.abs(sum(kept) / 20_000 / 0.1 - 1)).toBeLessThan(0.1);
    expect(gauges[0]).toEqual(["sampler.rate", 0.1]);
    const byRate = simulate({ targetPerSecond: 50, metrics }, 5, () => 500);
    expect(byRate).toHaveLength(5);
    expect(gauges.at(-1)![0]).toBe("sampler.rate");
    expect(gauges.at(-1)![1]).toBeCloseTo(0.1, 1);
  });

  it.each([
    [{}, /either targetPerSecond or targetRatio, got undefined and undefined/],
    [{ targetPerSecond: 1, targetRatio: 1 }, /either targetPerSecond or targetRatio/],
    [{ targetPerSecond: -1 }, /targetPerSecond must be a number of at least 0, got -1/],
    [{ targetRatio: 2 }, /targetRatio must be a number from 0 to 1, got 2/],
    [{ targetRatio: 1, maxKeys: 0 }, /maxKeys must be an integer of at least 1, got 0/],
    [{ targetRatio: 1, newestWeight: 0 }, /newestWeight must be a number from 5e-324 to 1, got 0/],
  ])("refuses %j", (options, message) => {
    expect(() => new AdaptiveSampler(options)).toThrow(message);
  });
});
