import type { Clock, NearCachePort } from "../ports.ts";
import type { Link, PodRecord } from "../types.ts";
import type { PodTable } from "./pod-table.ts";
import type { Route } from "./route.ts";

/** A remembered link. */
export interface Hint {
  readonly link: Link;
  readonly readAtMs: number;
  /** What was answered last, to be answered again while the pod's address is the same. */
  route?: Route | undefined;
}

/** What this process remembers of links. Any of it may be wrong at any time: the pod is the arbiter. */
export class Hints {
  readonly #cache: NearCachePort<Hint>;
  readonly #pods: PodTable;
  readonly #clock: Clock;
  /** Hints that are older may be wrong by more than their age. */
  #doubtedAtMs = Number.NEGATIVE_INFINITY;

  constructor(cache: NearCachePort<Hint>, pods: PodTable, clock: Clock) {
    this.#cache = cache;
    this.#pods = pods;
    this.#clock = clock;
  }

  get(uid: string): Hint | undefined {
    return this.#cache.get(uid);
  }

  /** Where the uid is if the hint is not in doubt, at most so old, and its pod's lease has not ended. */
  follow(uid: string, maxAgeMs: number, nowMs: number): Route | undefined {
    const hint = this.#cache.get(uid);
    if (!hint || nowMs - hint.readAtMs > maxAgeMs || hint.readAtMs < this.#doubtedAtMs) return undefined;
    return this.#toLiving(hint, nowMs);
  }

  /** Where any hint says, if its pod's lease has not ended. */
  followToLiving(uid: string): Route | undefined {
    const hint = this.#cache.get(uid);
    return hint && this.#toLiving(hint, this.#clock.now());
  }

  /** Where any hint says, unless its pod is known to be dead for good: better than nothing while the store is away. */
  followBlindly(uid: string): Route | undefined {
    const hint = this.#cache.get(uid);
    const owner = hint && this.#ownerOf(hint);
    return owner && routeOf(hint, owner);
  }

  #toLiving(hint: Hint, nowMs: number): Route | undefined {
    const owner = this.#ownerOf(hint);
    return owner && this.#pods.leaseLeftMs(owner, nowMs) > 0 ? routeOf(hint, owner) : undefined;
  }

  #ownerOf({ link }: Hint): PodRecord | undefined {
    const record = this.#pods.get(link.pod);
    return record?.incarnation === link.incarnation && !record.sealed ? record : undefined;
  }

  /** A link that moves is about to be wrong, and not remembered. */
  remember(uid: string, link: Link): void {
    if (link.moving) this.#cache.delete(uid);
    else this.#cache.set(uid, { link, readAtMs: this.#clock.now(), route: undefined });
  }

  /** News of a link: counts only where the uid is in use here, and never for less than is known. */
  hear(uid: string, link: Link | undefined): void {
    const known = this.#cache.get(uid);
    if (!known) return;
    if (!link) this.#cache.delete(uid);
    else if (link.fence >= known.link.fence) this.remember(uid, link);
  }

  forget(uid: string): void {
    this.#cache.delete(uid);
  }

  /** Changes may have been missed: what is remembered now is followed no more while the store answers. */
  doubt(): void {
    this.#doubtedAtMs = this.#clock.now();
  }
}

const routeOf = (hint: Hint, { address }: PodRecord): Route => {
  if (hint.route?.address !== address) hint.route = { ...hint.link, address, source: "hint" };
  return hint.route!;
};
