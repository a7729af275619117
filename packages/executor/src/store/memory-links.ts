import type {
  HandedState,
  Link,
  LinkExpectation,
  LinkLifetime,
  LinkName,
  Owner,
  ServiceName,
  Tenure,
} from "../types.ts";
import type { HeldLink, LinkRenewal, MoveResult, SetLinkResult, TakenUpLink, TrySetLinkResult } from "./answers.ts";
import { type Entry, keyOf, LinkTable } from "./link-table.ts";
import { isExpected, linkTo, unmarked } from "./link-value.ts";

/** The links of all services in memory. All times are the store's milliseconds. Every operation on one link is O(1). */
export class MemoryLinks {
  readonly #links = new LinkTable();
  readonly #changed: (name: LinkName, link: Link | undefined) => void;

  constructor(onChange: (name: LinkName, link: Link | undefined) => void) {
    this.#changed = onChange;
  }

  get(name: LinkName, nowMs: number): Link | undefined {
    return this.#links.read(keyOf(name, name.uid), nowMs)?.link;
  }

  getMany(service: ServiceName, uids: readonly string[], nowMs: number): (Link | undefined)[] {
    return uids.map((uid) => this.#links.read(keyOf(service, uid), nowMs)?.link);
  }

  services(namespace: string, uid: string, nowMs: number): Map<string, Link> {
    const found = new Map<string, Link>();
    for (const service of this.#links.services(namespace)) {
      const entry = this.#links.read(keyOf({ namespace, service }, uid), nowMs);
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
    const present = this.#links.read(key, nowMs);
    if (present) return { link: present.link, created: false };
    return { link: this.#put(name, key, owner, lifetimeSeconds, undefined, nowMs), created: true };
  }

  set(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime, nowMs: number): SetLinkResult {
    const key = keyOf(name, name.uid);
    const previous = this.#links.read(key, nowMs)?.link;
    return { link: this.#put(name, key, owner, lifetimeSeconds, previous, nowMs), previous };
  }

  trySet(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime, nowMs: number): TrySetLinkResult {
    const present = this.#links.read(keyOf(name, name.uid), nowMs);
    if (present && present.endMs === Number.POSITIVE_INFINITY && present.link.pod !== owner.pod) {
      return { applied: false, link: present.link, previous: present.link };
    }
    return { applied: true, ...this.set(name, owner, lifetimeSeconds, nowMs) };
  }

  takeOver(name: LinkName, expected: Link, owner: Owner, nowMs: number): { link: Link | undefined; taken: boolean } {
    const key = keyOf(name, name.uid);
    const entry = this.#links.read(key, nowMs);
    if (!entry) return { link: undefined, taken: false };
    const present = entry.link;
    if (!isExpected(present, expected)) {
      // The answer to a repeated request is that of the first one.
      return { link: present, taken: isExpected(present, owner) && present.fence > expected.fence };
    }
    const origin = expected.pod === owner.pod ? "restart" : "takeover";
    const link = linkTo(owner, this.#links.nextFence(expected.fence, nowMs), present.lifetimeSeconds, origin);
    if (entry.ending) this.#links.replace(key, { ...entry, link });
    else this.#links.write(key, link, nowMs, entry.state);
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
    let entry = this.#links.read(key, nowMs);
    const older = entry?.link.pod === owner.pod && entry.link.fence < fence;
    if (nowMs < reassertUntilMs && (!entry || older)) {
      this.#links.remember(service);
      entry = this.#links.write(key, linkTo(owner, fence, lifetimeSeconds, origin), nowMs);
      this.#changed({ ...service, uid }, entry.link);
    }
    if (!entry || !isExpected(entry.link, { ...owner, fence })) return { kept: false, link: entry?.link };
    if (!entry.ending) entry = this.#extend(key, entry, nowMs);
    return { kept: true, link: entry.link, leftMs: entry.endMs - nowMs };
  }

  takeUp(name: LinkName, tenure: Tenure, nowMs: number): TakenUpLink {
    const key = keyOf(name, name.uid);
    const entry = this.#links.read(key, nowMs);
    if (!entry || !isExpected(entry.link, tenure)) return { kept: false, link: entry?.link };
    const { link, endMs, state } = entry.ending ? entry : this.#extend(key, entry, nowMs);
    return { kept: true, link, leftMs: endMs - nowMs, state };
  }

  dropState(name: LinkName, fence: number, nowMs: number): void {
    const key = keyOf(name, name.uid);
    const entry = this.#links.read(key, nowMs);
    if (entry?.link.fence === fence) this.#links.replace(key, { ...entry, state: undefined });
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
    const entry = this.#links.read(key, nowMs);
    if (!entry) return { done: false, link: undefined };
    if (!isExpected(entry.link, tenure)) {
      // The answer to a repeated request is that of the first one; the state may have been taken up since.
      const again = isExpected(entry.link, target) && entry.link.fence > tenure.fence;
      return { done: again, link: entry.link };
    }
    const link = linkTo(target, this.#links.nextFence(tenure.fence, nowMs), entry.link.lifetimeSeconds, "move");
    if (entry.ending) this.#links.replace(key, { ...entry, link, state });
    else this.#links.write(key, link, nowMs, state);
    this.#changed(name, link);
    return { done: true, link };
  }

  keepState(name: LinkName, tenure: Tenure, state: HandedState, nowMs: number): MoveResult {
    return this.#amend(name, tenure, nowMs, (entry) => ({ ...entry, link: unmarked(entry.link), state }));
  }

  #amend(name: LinkName, tenure: Tenure, nowMs: number, change: (entry: Entry) => Entry): MoveResult {
    const key = keyOf(name, name.uid);
    const entry = this.#links.read(key, nowMs);
    if (!entry || !isExpected(entry.link, tenure)) return { done: false, link: entry?.link };
    const changed = change(entry);
    this.#links.replace(key, changed);
    return { done: true, link: changed.link };
  }

  // A renewal keeps what stands in the link, but for the mark of a move that never ended.
  #extend(key: string, { link, state, moveEndMs = 0 }: Entry, nowMs: number): Entry {
    const isMoving = link.moving !== undefined && nowMs < moveEndMs;
    const entry = this.#links.write(key, isMoving ? link : unmarked(link), nowMs, state);
    if (!isMoving) return entry;
    const moving = { ...entry, moveEndMs };
    this.#links.replace(key, moving);
    return moving;
  }

  remove(name: LinkName, expected: LinkExpectation | undefined, graceSeconds: number, nowMs: number): boolean {
    const key = keyOf(name, name.uid);
    const entry = this.#links.read(key, nowMs);
    if (!entry || entry.ending || (expected && !isExpected(entry.link, expected))) return false;
    const link = { ...entry.link, lifetimeSeconds: graceSeconds };
    const endMs = Math.min(entry.endMs, nowMs + graceSeconds * 1000);
    if (graceSeconds === 0) this.#links.delete(key);
    else this.#links.replace(key, { ...entry, link, endMs, ending: true });
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
    this.#links.remember(name);
    const same = previous && isExpected(previous, { pod: owner.pod, incarnation: owner.incarnation || undefined });
    const link = same
      ? { ...unmarked(previous), lifetimeSeconds }
      : linkTo(owner, this.#links.nextFence(previous?.fence ?? 0, nowMs), lifetimeSeconds, "new");
    this.#links.write(key, link, nowMs, same ? this.#links.read(key, nowMs)?.state : undefined);
    if (!same) this.#changed(name, link);
    return link;
  }
}
