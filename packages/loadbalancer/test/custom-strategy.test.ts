import { type Candidate, LoadBalancer, type Sample, type Strategy, type StrategyFactory } from "@route/loadbalancer";
import { describe, expect, it } from "vitest";
import { pickAndFinish, stage } from "./support.ts";

/** The three members that are needed, and no more. */
class Newest implements Strategy {
  readonly #slots: number[] = [];

  join({ slot }: Candidate): void {
    this.#slots.push(slot);
  }

  leave({ slot }: Candidate): void {
    this.#slots.splice(this.#slots.indexOf(slot), 1);
  }

  select(): number | undefined {
    return this.#slots.at(-1);
  }
}

describe("a strategy of one's own", () => {
  const newest: StrategyFactory = () => new Newest();

  it("is used like the built-in ones, for all picks or for one", () => {
    const { balancer } = stage(3, { strategy: newest });
    expect(pickAndFinish(balancer, 3)).toEqual([2, 2, 2]);
    balancer.setHealth(2, false);
    expect(pickAndFinish(balancer, 1)).toEqual([1]);
    expect(balancer.explain()).toMatchObject({ podId: 1, strategy: "newest", considered: [] });
    expect(balancer.pick({ strategy: "round_robin" })!.podId).toBe(0);
    expect(balancer.stats().strategyRequests).toEqual({ newest: 4, round_robin: 1 });
  });

  it("hears of everything that it asks for", () => {
    const heard: string[] = [];
    const listening: StrategyFactory = ({ time }) =>
      Object.assign(new Newest(), {
        counted: (slot: number, count: number) => heard.push(`${slot} has ${count}`),
        observed: (slot: number, { ok, latencyMs, load }: Sample) =>
          heard.push(`${slot} ${ok} ${latencyMs} ${load} at ${time.nowMs}`),
        reweighed: ({ podId, weight }: Candidate) => heard.push(`${podId} weighs ${weight}`),
        reported: ({ podId }: Candidate, { inFlight }: { inFlight?: number }) =>
          heard.push(`${podId} tells ${inFlight}`),
        forget: ({ podId }: Candidate) => heard.push(`${podId} is gone`),
      });
    const { balancer, clock } = stage(1, { strategy: listening });
    const lease = balancer.pick()!;
    clock.ms += 7;
    lease.done({ ok: true, load: 3 });
    balancer.pick()!.done();
    balancer.add(0, { weight: 2 });
    balancer.reportLoad(0, { inFlight: 9 });
    balancer.remove(0);
    expect(heard).toEqual([
      "0 has 1",
      "0 has 0",
      "0 true 7 3 at 1007",
      "0 has 1",
      "0 has 0",
      "0 weighs 2",
      "0 tells 9",
      "0 is gone",
    ]);
  });

  it.each([-1, 5, 0.5])("may not choose slot %d, of which no pod has joined", (slot) => {
    const balancer = new LoadBalancer({
      strategy: () => ({ join: () => undefined, leave: () => undefined, select: () => slot }),
    });
    balancer.add(0);
    expect(() => balancer.pick()).toThrow(expect.objectContaining({ code: "STRATEGY_MISUSE" }));
    expect(balancer.stats().inFlight).toBe(0);
  });
});
