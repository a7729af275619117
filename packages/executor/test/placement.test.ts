import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eligible, judge, type PlacementRules } from "../src/placement/candidates.ts";
import { Placed } from "../src/placement/placed.ts";
import { TwoChoices } from "../src/placement/two-choices.ts";
import type { PodRecord } from "../src/types.ts";

const podRecord = (pod: number, changes: Partial<PodRecord> = {}): PodRecord => ({
  pod,
  incarnation: 1000 + pod,
  address: `10.0.0.${pod}:80`,
  revision: "",
  state: "ready",
  load: 0,
  sealed: false,
  leaseLeftMs: 1000,
  returnLeftMs: 0,
  ...changes,
});

const podsOf = (records: readonly PodRecord[], rules?: PlacementRules) =>
  eligible(records, rules).map(({ pod }) => pod);

describe("placement", () => {
  it("judges each pod by what stands against it", () => {
    const records = [
      podRecord(0),
      podRecord(1, { sealed: true, leaseLeftMs: 0, state: "shutdown" }),
      podRecord(2, { leaseLeftMs: 0 }),
      podRecord(3, { state: "deny-new" }),
      podRecord(4, { held: 2, maxLinks: 2 }),
      podRecord(5, { held: 1, maxLinks: 2 }),
      podRecord(6, { maxLinks: 1 }),
    ];
    expect(judge(records)).toEqual(["ok", "sealed", "lease ended", "draining", "full", "ok", "ok"]);
    expect(podsOf(records)).toEqual([0, 5, 6]);
    expect(podsOf(records, { leaseLeftMs: ({ pod }) => 3 - pod, held: () => 1 })).toEqual([0, 2]);
  });

  it("asks for labels", () => {
    const records = [
      podRecord(0, { labels: { zone: "a", disk: "ssd" } }),
      podRecord(1, { labels: { zone: "b" } }),
      podRecord(2),
    ];
    expect(judge(records, { requireLabels: { zone: "a" } })).toEqual(["ok", "labels", "labels"]);
    expect(podsOf(records, { requireLabels: { zone: "b" } })).toEqual([1]);
    expect(podsOf(records, { requireLabels: {} })).toEqual([0, 1, 2]);
  });

  it("prefers the newest revision while several are there, also when a pod of the older one came back", () => {
    const rolling = [
      podRecord(0, { revision: "v1", incarnation: 10 }),
      podRecord(1, { revision: "v1", incarnation: 30 }),
      podRecord(2, { revision: "v2", incarnation: 20 }),
      podRecord(3, { incarnation: 40 }),
    ];
    expect(judge(rolling)).toEqual(["older revision", "older revision", "ok", "older revision"]);
    expect(podsOf(rolling, { preferNewestRevision: false })).toEqual([0, 1, 2, 3]);
    expect(podsOf([rolling[0]!, rolling[3]!]), "one named revision").toEqual([0, 3]);
  });

  it("a draining pod's age counts for its revision, a dead one's does not", () => {
    const draining = podRecord(0, { revision: "v1", incarnation: 10, state: "deny-new" });
    const others = [
      podRecord(1, { revision: "v1", incarnation: 30 }),
      podRecord(2, { revision: "v2", incarnation: 20 }),
    ];
    expect(podsOf([draining, ...others])).toEqual([2]);
    expect(podsOf([{ ...draining, sealed: true }, ...others])).toEqual([1]);
  });

  it("falls back to the older revision where the newest is full, draining or gone", () => {
    const old = podRecord(0, { revision: "v1", incarnation: 10 });
    const next = podRecord(1, { revision: "v2", incarnation: 20 });
    for (const changes of [{ held: 1, maxLinks: 1 }, { state: "deny-new" }, { leaseLeftMs: 0 }] as const) {
      expect(podsOf([old, { ...next, ...changes }])).toEqual([0]);
    }
  });

  it("leaves somebody to choose whenever some pod could take the uid", () => {
    const some = fc.record({
      pod: fc.nat(9),
      incarnation: fc.integer({ min: 1, max: 5 }),
      revision: fc.constantFrom("", "v1", "v2", "v3"),
      state: fc.constantFrom("ready", "deny-new"),
      held: fc.nat(2),
      maxLinks: fc.constantFrom(1, 2, undefined),
      leaseLeftMs: fc.constantFrom(0, 1),
    });
    const leavesSome = fc.property(fc.array(some), (changes) => {
      const records = changes.map((change) => podRecord(change.pod, change as Partial<PodRecord>));
      const chosen = eligible(records);
      const able = eligible(records, { preferNewestRevision: false });
      expect(chosen.length > 0).toBe(able.length > 0);
      expect(able).toEqual(expect.arrayContaining(chosen));
      expect(new Set(chosen.map(({ revision }) => revision)).size).toBeLessThanOrEqual(2);
    });
    fc.assert(leavesSome);
  });

  it("counts what it placed on a pod until the pod's next report, or until that is long overdue", () => {
    let nowMs = 0;
    const placed = new Placed({ now: () => nowMs });
    const pod = podRecord(0, { held: 3, maxLinks: 5 });
    placed.add(pod);
    placed.add(pod);
    expect(placed.held(pod)).toBe(5);
    expect(judge([pod], { held: placed.held })).toEqual(["full"]);
    expect(placed.held({ ...pod, held: 4 })).toBe(4);
    expect(placed.held({ ...pod, incarnation: 7 })).toBe(3);
    nowMs += 10_000;
    expect(placed.held(pod)).toBe(3);
    placed.add(pod);
    expect(placed.held(pod)).toBe(4);
    const boundless = podRecord(1);
    placed.add(boundless);
    expect(placed.held(boundless)).toBe(0);
  });

  it("takes the freer of two random pods", () => {
    const draws = [0, 0.99, 0.99, 0.5, 0.1, 0.2];
    const placement = new TwoChoices(() => draws.shift()!);
    const candidates = [podRecord(0, { load: 5 }), podRecord(1, { load: 1 }), podRecord(2, { load: 3 })];
    expect([1, 2, 3].map(() => placement.place("u", candidates))).toEqual([2, 1, 0]);
  });
});
