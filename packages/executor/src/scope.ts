import type { AcquireResult, HeldLink, LinkRenewal, RenewResult, SealResult, StatefulStore } from "./store/store.ts";
import type { Link, LinkLifetime, LinkName, Owner, PodId, PodRecord, PodStatus, ServiceName } from "./types.ts";
import {
  checkFence,
  checkLifetime,
  checkNumber,
  checkOwner,
  checkPodId,
  checkPodStatus,
  checkServiceName,
  checkUid,
} from "./validate.ts";

/**
 * The operations on one service, with every input checked before anything is sent: a bad one rejects with
 * `INVALID_ARGUMENT`. What the operations promise is told at `StatefulStore`.
 */
export class ServiceScope {
  readonly name: ServiceName;
  readonly #store: StatefulStore;

  constructor(store: StatefulStore, name: ServiceName) {
    this.name = checkServiceName(name);
    this.#store = store;
  }

  async acquirePod(pod: PodId, token: string, status: PodStatus, leaseMs: number): Promise<AcquireResult> {
    return this.#store.acquirePod(this.name, checkPodId(pod), token, checkPodStatus(status), checkLease(leaseMs));
  }

  async renewPod(owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    return this.#store.renewPod(this.name, checkOwner(owner), checkPodStatus(status), checkLease(leaseMs));
  }

  async releasePod(owner: Owner): Promise<boolean> {
    return this.#store.releasePod(this.name, checkOwner(owner));
  }

  async sealPod(owner: Owner): Promise<SealResult> {
    return this.#store.sealPod(this.name, checkOwner(owner));
  }

  async pods(): Promise<PodRecord[]> {
    return this.#store.pods(this.name);
  }

  /** The link of `uid`, or `undefined`. */
  async getLinkedPod(uid: string): Promise<Link | undefined> {
    return this.#store.getLink(this.#link(uid));
  }

  /** Links `uid` to `owner` unless it is linked; answers the link that holds now. */
  async setLinkedPodIfAbsent(
    uid: string,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ readonly link: Link; readonly created: boolean }> {
    return this.#store.linkIfAbsent(this.#link(uid), checkOwner(owner), checkLifetime(lifetimeSeconds));
  }

  /** Replaces exactly `expected`, the link of a dead incarnation, by a link to `owner`. Does not check that it is dead. */
  async takeOver(
    uid: string,
    expected: Link,
    owner: Owner,
  ): Promise<{ readonly link: Link | undefined; readonly taken: boolean }> {
    checkFence(expected.fence);
    return this.#store.takeOver(this.#link(uid), expected, checkOwner(owner));
  }

  async renewLinks(
    owner: Owner,
    links: readonly HeldLink[],
    options?: { readonly reassert?: boolean },
  ): Promise<LinkRenewal[]> {
    for (const { uid, fence, lifetimeSeconds } of links) {
      checkUid(uid);
      checkFence(fence);
      checkLifetime(lifetimeSeconds);
    }
    return this.#store.renewLinks(this.name, checkOwner(owner), links, options);
  }

  /** Removes the link by force. The pod that holds the uid learns of it with its next renewal, and serves it until then. */
  async removeLinkedPod(uid: string): Promise<boolean> {
    return this.#store.removeLink(this.#link(uid));
  }

  /** Removes the link only while it names this owner with this fence. */
  async removeLinkedPodWithId(uid: string, expected: Owner & { readonly fence: number }): Promise<boolean> {
    const { pod, incarnation } = checkOwner(expected);
    return this.#store.removeLink(this.#link(uid), { pod, incarnation, fence: checkFence(expected.fence) });
  }

  #link(uid: string): LinkName {
    return { ...this.name, uid: checkUid(uid) };
  }
}

// A shorter lease than this is lost to an ordinary garbage collection.
const checkLease = (leaseMs: number): number => checkNumber("leaseMs", leaseMs, 100, 3_600_000);
