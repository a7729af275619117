import { type Lease, type Link, LoadBalancer, type StrategyName, strategies } from "@route/loadbalancer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock, seeded } from "./support.ts";

type Step =
  | { readonly kind: "pick"; readonly strategy: StrategyName }
  | { readonly kind: "done"; readonly index: number; readonly ok: boolean; readonly known: boolean }
  | { readonly kind: "abort"; readonly index: number }
  | { readonly kind: "place" }
  | { readonly kind: "release"; readonly index: number }
  | { readonly kind: "add"; readonly podId: number; readonly weight: number; readonly maxConnections: number }
  | { readonly kind: "remove" | "toggle"; readonly podId: number }
  | { readonly kind: "time"; readonly ms: number };

const podId = fc.integer({ min: 0, max: 7 });
const index = fc.nat(200);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("pick" as const),
      strategy: fc.constantFrom(...(Object.keys(strategies) as StrategyName[])),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("done" as const), index, ok: fc.boolean(), known: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const), index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("place" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const), index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      podId,
      weight: fc.constantFrom(0, 0.3, 1, 1, 4),
      maxConnections: fc.constantFrom(1, 3, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "toggle" as const), podId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.integer({ min: -50, max: 400 }) }) },
);

/** A balancer beside the plainest bookkeeping there is. */
class Model {
  readonly clock = new ManualClock();
  readonly balancer = new LoadBalancer({ clock: this.clock, random: seeded(3), consecutiveErrors: 2, ejectionMs: 100 });
  readonly leases: Lease[] = [];
  readonly links: Link[] = [];
  readonly open = new Set<Lease>();
  readonly linked = new Set<Link>();
  readonly members = new Map<number, { weight: number; maxConnections: number; healthy: boolean }>();
  handedOut = 0;

  run(step: Step): void {
    switch (step.kind) {
      case "pick":
        this.#pick(step.strategy);
        return;
      case "done":
        this.#end(this.leases[step.index], step.known ? { ok: step.ok, latencyMs: 5 } : { ok: step.ok });
        return;
      case "abort":
        this.#end(this.leases[step.index], undefined);
        return;
      case "place":
        this.#place();
        return;
      case "release": {
        const link = this.links[step.index];
        link?.release();
        if (link !== undefined) this.linked.delete(link);
        return;
      }
      case "add": {
        const { podId: id, weight, maxConnections } = step;
        this.balancer.add(id, { weight, maxConnections });
        this.members.set(id, { weight, maxConnections, healthy: this.members.get(id)?.healthy ?? true });
        return;
      }
      case "remove":
        this.members.delete(step.podId);
        this.balancer.remove(step.podId);
        return;
      case "toggle": {
        const member = this.members.get(step.podId);
        if (member === undefined) return;
        member.healthy = !member.healthy;
        this.balancer.setHealth(step.podId, member.healthy);
        return;
      }
      case "time":
        this.clock.ms += step.ms;
    }
  }

  /** Every lease and link is counted where it is, once, and nowhere else. */
  check(): void {
    const stats = this.balancer.stats();
    expect(stats.inFlight).toBe(this.open.size);
    expect(stats.sessions).toBe(this.linked.size);
    expect(stats.totalRequests).toBe(this.handedOut);
    for (const pod of stats.pods) {
      expect(pod.inFlight).toBe([...this.open].filter((lease) => lease.podId === pod.podId).length);
      expect(pod.sessions).toBe([...this.linked].filter((link) => link.podId === pod.podId).length);
      expect(pod.state === "departed").toBe(!this.members.has(pod.podId as number));
    }
    const listed = stats.pods.filter(({ state }) => state !== "departed");
    expect(listed.map(({ podId: id }) => id).toSorted()).toEqual([...this.members.keys()].toSorted());
  }

  #pick(strategy: StrategyName): void {
    const lease = this.balancer.pick({ strategy, key: this.handedOut });
    if (lease === undefined) return;
    this.#mayWork(lease.podId as number);
    this.handedOut++;
    this.leases.push(lease);
    this.open.add(lease);
  }

  #place(): void {
    const link = this.balancer.place();
    if (link === undefined) return;
    this.#mayWork(link.podId as number);
    this.links.push(link);
    this.linked.add(link);
  }

  #mayWork(id: number): void {
    const member = this.members.get(id)!;
    expect(member).toBeDefined();
    expect(member.weight).toBeGreaterThan(0);
    const connections = [...this.open, ...this.linked].filter((each) => each.podId === id).length;
    expect(connections).toBeLessThan(member.maxConnections);
  }

  #end(lease: Lease | undefined, outcome: { ok: boolean; latencyMs?: number } | undefined): void {
    lease?.done(outcome);
    if (lease !== undefined) this.open.delete(lease);
  }
}

describe("any sequence of calls", () => {
  it("keeps open leases equal to the sum of in-flight requests, pod by pod", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const model = new Model();
        model.balancer.sync([{ podId: 0 }, { podId: 1 }, { podId: 2 }]);
        for (const id of [0, 1, 2])
          model.members.set(id, { weight: 1, maxConnections: Number.POSITIVE_INFINITY, healthy: true });
        for (const each of steps) model.run(each);
        model.check();
        for (const lease of model.leases) lease.done();
        for (const link of model.links) link.release();
        model.open.clear();
        model.linked.clear();
        model.check();
        expect(model.balancer.stats().pods.some(({ state }) => state === "departed")).toBe(false);
      }),
      { numRuns: 300, seed: 20_260 },
    );
  });

  it("least_connections picks a pod with the least (in flight + 1) / weight, always", () => {
    const weights = fc.array(fc.constantFrom(0.5, 1, 1, 2, 3), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, fc.array(fc.nat(40), { maxLength: 120 }), (given, moves) => {
        const balancer = new LoadBalancer({ strategy: "least_connections" });
        balancer.sync(given.map((weight, id) => ({ podId: id, weight })));
        const inFlight = given.map(() => 0);
        const open: Lease[] = [];
        for (const move of moves) {
          if (move < open.length) {
            const [lease] = open.splice(move, 1);
            lease!.done({ ok: true });
            inFlight[lease!.podId as number]!--;
            continue;
          }
          const least = Math.min(...given.map((weight, id) => (inFlight[id]! + 1) / weight));
          const lease = balancer.pick()!;
          const id = lease.podId as number;
          expect((inFlight[id]! + 1) / given[id]!).toBe(least);
          inFlight[id]!++;
          open.push(lease);
        }
      }),
      { numRuns: 200, seed: 20_261 },
    );
  });
});

describe("distributions", () => {
  // The 99.9th percentile of chi-square with 9 degrees of freedom; the generator is seeded, so the figure is fixed.
  const CRITICAL = 27.88;

  const chiSquare = (strategy: StrategyName, weights: readonly number[], picks: number): number => {
    const balancer = new LoadBalancer({ strategy, clock: new ManualClock(), random: seeded(11) });
    balancer.sync(weights.map((weight, id) => ({ podId: id, weight })));
    const counts = weights.map(() => 0);
    for (let pick = 0; pick < picks; pick++) {
      const lease = balancer.pick({ key: `user-${pick}` })!;
      counts[lease.podId as number]!++;
      lease.done({ ok: true, latencyMs: 10 });
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return counts.reduce((sum, count, id) => {
      const expected = (picks * weights[id]!) / total;
      return sum + (count - expected) ** 2 / expected;
    }, 0);
  };
  const equal = Array.from({ length: 10 }, () => 1);
  const mixed = [1, 1, 1, 2, 2, 3, 3, 4, 5, 8];

  it.each(["random", "p2c", "rendezvous", "maglev"] as const)("%s is uniform over equal pods", (strategy) => {
    expect(chiSquare(strategy, equal, 50_000)).toBeLessThan(CRITICAL);
  });

  it.each(["rendezvous", "maglev", "weighted_round_robin"] as const)("%s follows the weights", (strategy) => {
    expect(chiSquare(strategy, mixed, 50_000)).toBeLessThan(CRITICAL);
  });

  it("round_robin and weighted_round_robin are exact over a round", () => {
    expect(chiSquare("round_robin", equal, 1_000)).toBe(0);
    expect(chiSquare("weighted_round_robin", [5, 1, 1], 7)).toBe(0);
    expect(chiSquare("weighted_round_robin", mixed, 300)).toBeLessThan(0.1);
  });
});
