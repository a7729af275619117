import type { HandedState, Link, ServiceName } from "../types.ts";

/** A link in memory. */
export interface Entry {
  readonly link: Link;
  /** Infinity if persistent. */
  readonly endMs: number;
  /** Removed with a grace: renewals do not extend it. */
  readonly ending: boolean;
  /** The mark of a move is void from then on. */
  readonly moveEndMs?: number;
  /** What was handed over under the link's fence. */
  readonly state?: HandedState | undefined;
}

/** Namespace and service hold no colon, so that the key is unambiguous although uids may. */
export const keyOf = ({ namespace, service }: ServiceName, uid: string): string => `${namespace}:${service}:${uid}`;

/** Entries by key, without those whose time is over. All times are the store's milliseconds. */
export class LinkTable {
  readonly #entries = new Map<string, Entry>();
  /** The services that have links, by namespace: few, so that no index by uid is needed. */
  readonly #services = new Map<string, Set<string>>();
  /** Walks over all entries, a step with each write, so that expired ones do not stay without a timer. */
  #sweep: Iterator<[string, Entry]> = this.#entries.entries();
  #lastFence = 0;

  /** The entry, unless its time is over. */
  read(key: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.endMs > nowMs) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  /** Puts the link there for its whole lifetime. */
  write(key: string, link: Link, nowMs: number, state?: HandedState): Entry {
    const { lifetimeSeconds } = link;
    const endMs = lifetimeSeconds === "persistent" ? Number.POSITIVE_INFINITY : nowMs + lifetimeSeconds * 1000;
    const entry: Entry = state === undefined ? { link, endMs, ending: false } : { link, endMs, ending: false, state };
    this.#entries.set(key, entry);
    this.#sweepTwo(nowMs);
    return entry;
  }

  /** Changes an entry and leaves its end as it says. */
  replace(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** From now on the service is one of its namespace. */
  remember({ namespace, service }: ServiceName): void {
    const services = this.#services.get(namespace);
    if (services) services.add(service);
    else this.#services.set(namespace, new Set([service]));
  }

  services(namespace: string): Iterable<string> {
    return this.#services.get(namespace) ?? [];
  }

  /** Greater than `previous` and than every fence before. */
  nextFence(previous: number, nowMs: number): number {
    // The counter keeps fences growing across removals within one microsecond of the clock.
    this.#lastFence = Math.max(previous + 1, this.#lastFence + 1, Math.floor(nowMs * 1000));
    return this.#lastFence;
  }

  // Two steps for each write: the walk is faster than the growth.
  #sweepTwo(nowMs: number): void {
    for (let step = 0; step < 2; step++) {
      const next = this.#sweep.next();
      if (next.done) this.#sweep = this.#entries.entries();
      else if (next.value[1].endMs <= nowMs) this.#entries.delete(next.value[0]);
    }
  }
}
