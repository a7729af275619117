import type { LinkDesk } from "../leases/lease.ts";
import { PodLink } from "../leases/lease.ts";
import type { Fleet } from "../membership/fleet.ts";
import type { Pod } from "../membership/pod.ts";
import type { Strategy } from "../strategies/strategy.ts";
import type { Key } from "../types.ts";

/** What placement needs of the ledger: a pod's limit counts leases and links alike. */
export interface Occupancy {
  occupy(pod: Pod): void;
  vacate(pod: Pod): void;
  settleDeparted(pod: Pod): void;
}

/** Chooses pods for new links and counts them. A link has no outcome: it is open or released. */
export class Placement implements LinkDesk {
  readonly #strategy: Strategy;
  readonly #occupancy: Occupancy;
  #used = false;

  constructor(strategy: Strategy, fleet: Fleet, occupancy: Occupancy) {
    this.#strategy = strategy;
    this.#occupancy = occupancy;
    fleet.attach(strategy);
  }

  /** Whether a link was ever placed. */
  get used(): boolean {
    return this.#used;
  }

  /** `chooser` is what chooses in place of the session counts: a keyed strategy. */
  place(key: Key | undefined, chooser: Strategy = this.#strategy): PodLink | undefined {
    const pod = chooser.select(key) as Pod | undefined;
    if (pod === undefined) return undefined;
    this.#used = true;
    pod.sessions++;
    if (pod.connections >= pod.maxConnections) this.#occupancy.occupy(pod);
    if (pod.joined) this.#strategy.started?.(pod);
    return new PodLink(this, pod);
  }

  release(pod: Pod): void {
    pod.sessions--;
    if (pod.full) this.#occupancy.vacate(pod);
    if (pod.joined) this.#strategy.finished?.(pod);
    this.#occupancy.settleDeparted(pod);
  }
}
