// A strategy of one's own: the pods of the own zone first, in turn, and the others only where none of them takes work.
import { type Candidate, LoadBalancer, type Strategy, type StrategyFactory } from "@route/loadbalancer";

const ZONE = "a";

class NearestZone implements Strategy {
  readonly #near: number[] = [];
  readonly #far: number[] = [];
  #turn = 0;

  join(pod: Candidate): void {
    this.#zoneOf(pod).push(pod.slot);
  }

  leave(pod: Candidate): void {
    const zone = this.#zoneOf(pod);
    zone.splice(zone.indexOf(pod.slot), 1);
  }

  select(): number | undefined {
    const zone = this.#near.length > 0 ? this.#near : this.#far;
    return zone[this.#turn++ % zone.length];
  }

  explain() {
    return { reason: this.#near.length > 0 ? "in our zone" : "no pod of our zone takes work", considered: [] };
  }

  #zoneOf({ podId }: Candidate): number[] {
    return String(podId).startsWith(ZONE) ? this.#near : this.#far;
  }
}

const nearestZone: StrategyFactory = () => new NearestZone();

const balancer = new LoadBalancer({ strategy: nearestZone });
balancer.sync([{ podId: "a-0" }, { podId: "a-1" }, { podId: "b-0" }, { podId: "b-1" }, { podId: "b-2" }]);
for (const healthy of [true, false]) {
  balancer.setHealth("a-0", healthy);
  balancer.setHealth("a-1", healthy);
  const lease = balancer.pick();
  console.log(lease?.podId, "because", balancer.explain()?.reason);
  lease?.done({ ok: true });
}
balancer.close();
