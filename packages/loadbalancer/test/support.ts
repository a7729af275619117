import { LoadBalancer, type LoadBalancerOptions, type Random } from "@route/loadbalancer";

/** A clock that moves when told. */
export class ManualClock {
  ms = 1_000;

  now(): number {
    return this.ms;
  }
}

/** A seeded source of numbers in [0, 1): a linear congruential generator, enough for a test. */
export const seeded = (seed: number): Random => {
  let state = BigInt(seed) * 2n + 1n;
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 32n) / 0x1_0000_0000;
  };
};

export interface Stage {
  readonly balancer: LoadBalancer;
  readonly clock: ManualClock;
}

/** A balancer on a manual clock and seeded randomness, with pods 0 to `pods` - 1. */
export const stage = (pods: number, options: LoadBalancerOptions = {}): Stage => {
  const clock = new ManualClock();
  const balancer = new LoadBalancer({ clock, random: seeded(7), ...options });
  balancer.sync(Array.from({ length: pods }, (_, podId) => ({ podId })));
  return { balancer, clock };
};

/** Picks `count` times and finishes each at once. */
export const pickAndFinish = (balancer: LoadBalancer, count: number): (number | string)[] =>
  Array.from({ length: count }, () => {
    const lease = balancer.pick()!;
    lease.done({ ok: true, latencyMs: 10 });
    return lease.podId;
  });
