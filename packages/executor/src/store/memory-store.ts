import { ExecutorError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { Link, LinkLifetime, LinkName, Owner, PodId, PodRecord, PodStatus, ServiceName } from "../types.ts";
import { MemoryPods } from "./memory-pods.ts";
import type { AcquireResult, HeldLink, LinkRenewal, RenewResult, SealResult, StatefulStore } from "./store.ts";

interface Entry {
  link: Link;
  /** Infinity if persistent. */
  endMs: number;
}

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** The store's time, in milliseconds since the epoch. Default: the machine's, never going back. */
  readonly clock?: Clock;
}

const epochClock: Clock = { now: () => performance.timeOrigin + performance.now() };

const isExpected = (link: Link, expected: Owner & { readonly fence: number }): boolean =>
  link.pod === expected.pod && link.incarnation === expected.incarnation && link.fence === expected.fence;

/**
 * Links and leases in this process's memory, under the same contract as Redis: for tests, for one machine, and for
 * gateways that hand it to their pods. Every operation is O(1); `pods` is O(pods).
 */
export class MemoryStore implements StatefulStore {
  readonly #clock: Clock;
  readonly #services = new Map<string, MemoryPods>();
  readonly #links = new Map<string, Entry>();
  /** Walks over all links, a step with each write, so that expired ones do not stay without a timer. */
  #sweep: Iterator<[string, Entry]> = this.#links.entries();
  #lastFence = 0;
  #closed = false;

  constructor({ clock = epochClock }: MemoryStoreOptions = {}) {
    this.#clock = clock;
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    return this.#pods(service).acquire(pod, token, status, leaseMs, this.#clock.now());
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    return this.#pods(service).renew(owner, status, leaseMs, this.#clock.now());
  }

  async releasePod(service: ServiceName, owner: Owner): Promise<boolean> {
    return this.#pods(service).release(owner, this.#clock.now());
  }

  async sealPod(service: ServiceName, owner: Owner): Promise<SealResult> {
    return this.#pods(service).seal(owner, this.#clock.now());
  }

  async pods(service: ServiceName): Promise<PodRecord[]> {
    return this.#pods(service).list(this.#clock.now());
  }

  async getLink(name: LinkName): Promise<Link | undefined> {
    return this.#read(linkKey(name))?.link;
  }

  async linkIfAbsent(
    name: LinkName,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ link: Link; created: boolean }> {
    const key = linkKey(name);
    const present = this.#read(key);
    if (present) return { link: present.link, created: false };
    const link: Link = { ...bare(owner), fence: this.#nextFence(0), lifetimeSeconds, origin: "new" };
    this.#write(key, link);
    return { link, created: true };
  }

  async takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    const key = linkKey(name);
    const present = this.#read(key)?.link;
    if (!present) return { link: undefined, taken: false };
    if (!isExpected(present, expected)) {
      // The answer to a repeated request is that of the first one.
      const done =
        present.pod === owner.pod && present.incarnation === owner.incarnation && present.fence > expected.fence;
      return { link: present, taken: done };
    }
    const origin = expected.pod === owner.pod ? "restart" : "takeover";
    const link: Link = {
      ...bare(owner),
      fence: this.#nextFence(expected.fence),
      lifetimeSeconds: present.lifetimeSeconds,
      origin,
    };
    this.#write(key, link);
    return { link, taken: true };
  }

  async renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    { reassert = false }: { readonly reassert?: boolean } = {},
  ): Promise<LinkRenewal[]> {
    return links.map(({ uid, fence, lifetimeSeconds, origin }) => {
      const key = linkKey({ ...service, uid });
      let entry = this.#read(key);
      const older = entry?.link.pod === owner.pod && entry.link.fence < fence;
      if (reassert && (!entry || older)) entry = this.#write(key, { ...bare(owner), fence, lifetimeSeconds, origin });
      if (!entry || !isExpected(entry.link, { ...owner, fence })) return { kept: false, link: entry?.link };
      entry = this.#write(key, entry.link);
      return { kept: true, link: entry.link, leftMs: entry.endMs - this.#clock.now() };
    });
  }

  async removeLink(name: LinkName, expected?: Owner & { readonly fence: number }): Promise<boolean> {
    const key = linkKey(name);
    const present = this.#read(key);
    if (!present || (expected && !isExpected(present.link, expected))) return false;
    return this.#links.delete(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #pods({ namespace, service }: ServiceName): MemoryPods {
    this.#assertOpen();
    const key = `${namespace}:${service}`;
    const known = this.#services.get(key);
    if (known) return known;
    const pods = new MemoryPods();
    this.#services.set(key, pods);
    return pods;
  }

  #read(key: string): Entry | undefined {
    this.#assertOpen();
    const entry = this.#links.get(key);
    if (entry === undefined || entry.endMs > this.#clock.now()) return entry;
    this.#links.delete(key);
    return undefined;
  }

  #write(key: string, link: Link): Entry {
    const nowMs = this.#clock.now();
    const entry = {
      link,
      endMs: link.lifetimeSeconds === "persistent" ? Number.POSITIVE_INFINITY : nowMs + link.lifetimeSeconds * 1000,
    };
    this.#links.set(key, entry);
    this.#sweepTwo(nowMs);
    return entry;
  }

  // Two steps for each write: the walk is faster than the growth.
  #sweepTwo(nowMs: number): void {
    for (let step = 0; step < 2; step++) {
      const next = this.#sweep.next();
      if (next.done) this.#sweep = this.#links.entries();
      else if (next.value[1].endMs <= nowMs) this.#links.delete(next.value[0]);
    }
  }

  #nextFence(previous: number): number {
    // The counter keeps fences growing across removals within one microsecond of the clock.
    this.#lastFence = Math.max(previous + 1, this.#lastFence + 1, Math.floor(this.#clock.now() * 1000));
    return this.#lastFence;
  }

  #assertOpen(): void {
    if (this.#closed) throw new ExecutorError("CLOSED", "the store is closed");
  }
}

// Namespace and service hold no colon, so that the key is unambiguous although uids may.
const linkKey = ({ namespace, service, uid }: LinkName): string => `${namespace}:${service}:${uid}`;
const bare = ({ pod, incarnation }: Owner): Owner => ({ pod, incarnation });
