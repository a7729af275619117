import type {
  HandedState,
  Link,
  LinkExpectation,
  LinkLifetime,
  LinkName,
  LinkOrigin,
  Owner,
  ServiceName,
  Tenure,
} from "../types.ts";
import type { HeldLink, LinkRenewal, MoveResult, SetLinkResult, TakenUpLink, TrySetLinkResult } from "./store.ts";

interface Entry {
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

// Namespace and service hold no colon, so that the key is unambiguous although uids may.
const keyOf = ({ namespace, service }: ServiceName, uid: string): string => `${namespace}:${service}:${uid}`;

const isExpected = (link: Link, { pod, incarnation, fence }: LinkExpectation): boolean =>
  link.pod === pod &&
  (incarnation === undefined || incarnation === link.incarnation) &&
  (fence === undefined || fence === link.fence);

const linkTo = (
  { pod, incarnation }: Owner,
  fence: number,
  lifetimeSeconds: LinkLifetime,
  origin: LinkOrigin,
): Link => ({ pod, incarnation, fence, lifetimeSeconds, origin });

const unmarked = (link: Link): Link => {
  if (!link.moving) return link;
  const { moving: _, ...rest } = link;
  return rest;
};

/** The links of all services in memory. All times are the store's milliseconds. Every operation on one link is O(1). */
export class MemoryLinks {
  readonly #links = new Map<string, Entry>();
  /** The services that have links, by namespace: few, so that no index by uid is needed. */
  readonly #services = new Map<string, Set<string>>();
  /** Walks over all links, a step with each write, so that expired ones do not stay without a timer. */
  #sweep: Iterator<[string, Entry]> = this.#links.entries();
  #lastFence = 0;
  readonly #changed: (name: LinkName, link: Link | undefined) => void;

  constructor(onChange: (name: LinkName, link: Link | undefined) => void) {
    this.#changed = onChange;
  }

  get(name: LinkName, nowMs: number): Link | undefined {
    return this.#read(keyOf(name, name.uid), nowMs)?.link;
  }

  getMany(service: ServiceName, uids: readonly string[], nowMs: number): (Link | undefined)[] {
    return uids.map((uid) => this.#read(keyOf(service, uid), nowMs)?.link);
  }

  services(namespace: string, uid: string, nowMs: number): Map<string, Link> {
    const found = new Map<string, Link>();
    for (const service of this.#services.get(namespace) ?? []) {
      const entry = this.#read(keyOf({ namespace, service }, uid), nowMs);
      if (entry?.endMs === Number.POSITIVE_INFINITY) found.set(service, entry.link);
    }
    return found;
  }

  addIfAbsent(
    name: LinkName,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
    nowMs: number,
  ): { link: Link; created: boolean } {
    const key = keyOf(name, name.uid);
    const present = this.#read(key, nowMs);
    if (present) return { link: present.link, created: false };
    return { link: this.#put(name, key, owner, lifetimeSeconds, undefined, nowMs), created: true };
  }

  set(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime, nowMs: number): SetLinkResult {
    const key = keyOf(name, name.uid);
    const previous = this.#read(key, nowMs)?.link;
    return { link: this.#put(name, key, owner, lifetimeSeconds, previous, nowMs), previous };
  }

  trySet(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime, nowMs: number): TrySetLinkResult {
    const present = this.#read(keyOf(name, name.uid), nowMs);
    if (present && present.endMs === Number.POSITIVE_INFINITY && present.link.pod !== owner.pod) {
      return { applied: false, link: present.link, previous: present.link };
    }
    return { applied: true, ...this.set(name, owner, lifetimeSeconds, nowMs) };
  }

  takeOver(name: LinkName, expected: Link, owner: Owner, nowMs: number): { link: Link | undefined; taken: boolean } {
    const key = keyOf(name, name.uid);
    const entry = this.#read(key, nowMs);
    if (!entry) return { link: undefined, taken: false };
    const present = entry.link;
    if (!isExpected(present, expected)) {
      // The answer to a repeated request is that of the first one.
      return { link: present, taken: isExpected(present, owner) && present.fence > expected.fence };
    }
    const origin = expected.pod === owner.pod ? "restart" : "takeover";
    const link = linkTo(owner, this.#nextFence(expected.fence, nowMs), present.lifetimeSeconds, origin);
    if (entry.ending) this.#links.set(key, { ...entry, link });
    else this.#write(key, link, nowMs, entry.state);
    this.#changed(name, link);
    return { link, taken: true };
  }

  renew(
    service: ServiceName,
    owner: Owner,
    { uid, fence, lifetimeSeconds, origin }: HeldLink,
    reassertUntilMs: number,
    nowMs: number,
  ): LinkRenewal {
    const key = keyOf(service, uid);
    let entry = this.#read(key, nowMs);
    const older = entry?.link.pod === owner.pod && entry.link.fence < fence;
    if (nowMs < reassertUntilMs && (!entry || older)) {
      this.#remember(service);
      entry = this.#write(key, linkTo(owner, fence, lifetimeSeconds, origin), nowMs);
      this.#changed({ ...service, uid }, entry.link);
    }
    if (!entry || !isExpected(entry.link, { ...owner, fence })) return { kept: false, link: entry?.link };
    if (!entry.ending) entry = this.#extend(key, entry, nowMs);
    return { kept: true, link: entry.link, leftMs: entry.endMs - nowMs };
  }

  takeUp(name: LinkName, tenure: Tenure, nowMs: number): TakenUpLink {
    const key = keyOf(name, name.uid);
    const entry = this.#read(key, nowMs);
    if (!entry || !isExpected(entry.link, tenure)) return { kept: false, link: entry?.link };
    const { link, endMs, state } = entry.ending ? entry : this.#extend(key, entry, nowMs);
    return { kept: true, link, leftMs: endMs - nowMs, state };
  }

  dropState(name: LinkName, fence: number, nowMs: number): void {
    const key = keyOf(name, name.uid);
    const entry = this.#read(key, nowMs);
    if (entry?.link.fence === fence) this.#links.set(key, { ...entry, state: undefined });
  }

  beginMove(name: LinkName, tenure: Tenure, target: Owner, deadlineMs: number, nowMs: number): MoveResult {
    const moving = { pod: target.pod, incarnation: target.incarnation };
    return this.#amend(name, tenure, nowMs, (entry) => {
      return { ...entry, link: { ...entry.link, moving }, moveEndMs: nowMs + deadlineMs };
    });
  }

  cancelMove(name: LinkName, tenure: Tenure, nowMs: number): MoveResult {
    return this.#amend(name, tenure, nowMs, (entry) => ({ ...entry, link: unmarked(entry.link) }));
  }

  commitMove(name: LinkName, tenure: Tenure, target: Owner, state: HandedState | undefined, nowMs: number): MoveResult {
    const key = keyOf(name, name.uid);
    const entry = this.#read(key, nowMs);
    if (!entry) return { done: false, link: undefined };
    if (!isExpected(entry.link, tenure)) {
      // The answer to a repeated request is that of the first one; the state may have been taken up since.
      const again = isExpected(entry.link, target) && entry.link.fence > tenure.fence;
      return { done: again, link: entry.link };
    }
    const link = linkTo(target, this.#nextFence(tenure.fence, nowMs), entry.link.lifetimeSeconds, "move");
    if (entry.ending) this.#links.set(key, { ...entry, link, state });
    else this.#write(key, link, nowMs, state);
    this.#changed(name, link);
    return { done: true, link };
  }

  keepState(name: LinkName, tenure: Tenure, state: HandedState, nowMs: number): MoveResult {
    return this.#amend(name, tenure, nowMs, (entry) => ({ ...entry, link: unmarked(entry.link), state }));
  }

  #amend(name: LinkName, tenure: Tenure, nowMs: number, change: (entry: Entry) => Entry): MoveResult {
    const key = keyOf(name, name.uid);
    const entry = this.#read(key, nowMs);
    if (!entry || !isExpected(entry.link, tenure)) return { done: false, link: entry?.link };
    const changed = change(entry);
    this.#links.set(key, changed);
    return { done: true, link: changed.link };
  }

  // A renewal keeps what stands in the link, but for the mark of a move that never ended.
  #extend(key: string, { link, state, moveEndMs = 0 }: Entry, nowMs: number): Entry {
    const isMoving = link.moving !== undefined && nowMs < moveEndMs;
    const entry = this.#write(key, isMoving ? link : unmarked(link), nowMs, state);
    if (!isMoving) return entry;
    const moving = { ...entry, moveEndMs };
    this.#links.set(key, moving);
    return moving;
  }

  remove(name: LinkName, expected: LinkExpectation | undefined, graceSeconds: number, nowMs: number): boolean {
    const key = keyOf(name, name.uid);
    const entry = this.#read(key, nowMs);
    if (!entry || entry.ending || (expected && !isExpected(entry.link, expected))) return false;
    const link = { ...entry.link, lifetimeSeconds: graceSeconds };
    const endMs = Math.min(entry.endMs, nowMs + graceSeconds * 1000);
    if (graceSeconds === 0) this.#links.delete(key);
    else this.#links.set(key, { ...entry, link, endMs, ending: true });
    this.#changed(name, undefined);
    return true;
  }

  // The same owner keeps its fence: a refresh is no change of hands. A target without an incarnation means any.
  #put(
    name: LinkName,
    key: string,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
    previous: Link | undefined,
    nowMs: number,
  ): Link {
    this.#remember(name);
    const same = previous && isExpected(previous, { pod: owner.pod, incarnation: owner.incarnation || undefined });
    const link = same
      ? { ...unmarked(previous), lifetimeSeconds }
      : linkTo(owner, this.#nextFence(previous?.fence ?? 0, nowMs), lifetimeSeconds, "new");
    this.#write(key, link, nowMs, same ? this.#links.get(key)?.state : undefined);
    if (!same) this.#changed(name, link);
    return link;
  }

  #read(key: string, nowMs: number): Entry | undefined {
    const entry = this.#links.get(key);
    if (entry === undefined || entry.endMs > nowMs) return entry;
    this.#links.delete(key);
    return undefined;
  }

  #write(key: string, link: Link, nowMs: number, state?: HandedState): Entry {
    const { lifetimeSeconds } = link;
    const endMs = lifetimeSeconds === "persistent" ? Number.POSITIVE_INFINITY : nowMs + lifetimeSeconds * 1000;
    const entry: Entry = state === undefined ? { link, endMs, ending: false } : { link, endMs, ending: false, state };
    this.#links.set(key, entry);
    this.#sweepTwo(nowMs);
    return entry;
  }

  #remember({ namespace, service }: ServiceName): void {
    const services = this.#services.get(namespace);
    if (services) services.add(service);
    else this.#services.set(namespace, new Set([service]));
  }

  // Two steps for each write: the walk is faster than the growth.
  #sweepTwo(nowMs: number): void {
    for (let step = 0; step < 2; step++) {
      const next = this.#sweep.next();
      if (next.done) this.#sweep = this.#links.entries();
      else if (next.value[1].endMs <= nowMs) this.#links.delete(next.value[0]);
    }
  }

  #nextFence(previous: number, nowMs: number): number {
    // The counter keeps fences growing across removals within one microsecond of the clock.
    this.#lastFence = Math.max(previous + 1, this.#lastFence + 1, Math.floor(nowMs * 1000));
    return this.#lastFence;
  }
}
