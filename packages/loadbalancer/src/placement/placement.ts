import type { LinkDesk } from "../leases/lease.ts";
import { PodLink } from "../leases/lease.ts";
import type { Fleet } from "../membership/fleet.ts";
import type { Pod } from "../membership/pod.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { Key } from "../types.ts";

/** What placement needs of the ledger: a pod's limit counts leases and links alike. */
export interface Occupancy {
  remeasure(pod: Pod): void;
}

/** Chooses pods for new links and counts them. A link has no outcome: it is open or released. */
export class Placement implements LinkDesk {
  readonly #strategy: Strategy;
  readonly #fleet: Fleet;
  readonly #occupancy: Occupancy;
  #used = false;

  constructor(strategy: Strategy, fleet: Fleet, occupancy: Occupancy) {
    this.#strategy = strategy;
    this.#fleet = fleet;
    this.#occupancy = occupancy;
    fleet.attach(strategy);
  }

  /** Whether a link was ever placed. */
  get used(): boolean {
    return this.#used;
  }

  /** `chooser` is what chooses in place of the session counts: a keyed strategy. */
  place(key: Key | undefined, chooser: Strategy = this.#strategy): PodLink | undefined {
    const slot = chooser.select(key);
    const pod = slot === undefined ? undefined : this.#fleet.at(slot);
    if (pod === undefined) return undefined;
    this.#used = true;
    this.#count(pod, 1);
    return new PodLink(this, pod);
  }

  release(pod: Pod): void {
    this.#count(pod, -1);
    this.#fleet.settleDeparted(pod);
  }

  #count(pod: Pod, change: 1 | -1): void {
    pod.sessions += change;
    this.#occupancy.remeasure(pod);
    if (pod.joined) this.#strategy.counted?.(pod.slot, pod.sessions);
  }
}
