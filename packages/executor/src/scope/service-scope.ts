import { type CallOptions, countdown } from "../calls.ts";
import { leastLoaded } from "../load-state.ts";
import type { PlacementPolicy } from "../ports.ts";
import type { SetLinkResult, TrySetLinkResult } from "../store/answers.ts";
import type { Link, LinkExpectation, LinkLifetime, LinkName, LinkTarget, Owner } from "../types.ts";
import {
  checkBatch,
  checkExpectation,
  checkGrace,
  checkLifetime,
  checkNumber,
  checkTarget,
  checkUid,
} from "../validate.ts";
import { MoveScope } from "./move-scope.ts";
import { present } from "./pod-scope.ts";

/** The answer to `setLinkedPodIfAbsent` and `computeLinkIfAbsent`: the link that holds now, and whether this call made it. */
export interface LinkIfAbsentResult {
  readonly link: Link;
  readonly created: boolean;
}

/** What a removal may be told besides. */
export interface RemoveOptions extends CallOptions {
  /** For so long the link stays readable, as a temporary link. Default 0: gone at once. */
  readonly graceSeconds?: number | undefined;
}

/** What `computeLinkIfAbsent` may be told. */
export interface ComputeLinkOptions extends CallOptions {
  /** States older than this are no candidates, nor those whose age is unknown. Default 60000 ms. */
  readonly maxAgeMs?: number | undefined;
}

const defaultMaxAgeMs = 60_000;

/**
 * The operations on one service, with every input checked before anything is sent: a bad one rejects with
 * `INVALID_ARGUMENT`. What the operations promise is told at `StatefulStore`; "none" is `undefined`.
 */
export class ServiceScope extends MoveScope {
  /** The link of `uid`, or `undefined`. */
  async getLinkedPod(uid: string, options?: CallOptions): Promise<Link | undefined> {
    const name = this.link(uid);
    return this.call("getLinkedPod", "reads", options, () => this.store.getLink(name));
  }

  /** The link of `uid` if it is persistent, else `undefined`. */
  async getLinkedPodIfPersist(uid: string, options?: CallOptions): Promise<Link | undefined> {
    const link = await this.getLinkedPod(uid, options);
    return link?.lifetimeSeconds === "persistent" ? link : undefined;
  }

  /** The links of `uids`; those without one are left out. */
  async batchGetLinkedPod(uids: readonly string[], options?: CallOptions): Promise<Map<string, Link>> {
    for (const uid of checkBatch("uids", uids)) checkUid(uid);
    const read = () => this.store.getLinks(this.name, uids);
    return present(uids, uids.length > 0 ? await this.call("batchGetLinkedPod", "reads", options, read) : []);
  }

  /** The persistent links of `uid` to services of this namespace, by service. */
  async getLinkService(uid: string, options?: CallOptions): Promise<Map<string, Link>> {
    checkUid(uid);
    const read = () => this.store.linkedServices(this.name.namespace, uid);
    return this.call("getLinkService", "reads", options, read);
  }

  /**
   * Links `uid` by force, whatever stands there. The pod that held it learns of it with its next renewal, and serves it
   * until then.
   */
  async setLinkedPod(
    uid: string,
    target: LinkTarget,
    lifetimeSeconds: LinkLifetime,
    options?: CallOptions,
  ): Promise<SetLinkResult> {
    const args = this.#linkArgs(uid, target, lifetimeSeconds);
    return this.call("setLinkedPod", "writes", options, () => this.store.setLink(...args));
  }

  /** The same, unless a persistent link to another pod stands there: then it answers `applied: false` and that link. */
  async trySetLinkedPod(
    uid: string,
    target: LinkTarget,
    lifetimeSeconds: LinkLifetime,
    options?: CallOptions,
  ): Promise<TrySetLinkResult> {
    const args = this.#linkArgs(uid, target, lifetimeSeconds);
    return this.call("trySetLinkedPod", "writes", options, () => this.store.trySetLink(...args));
  }

  /** Links `uid` unless it is linked; answers the link that holds now. */
  async setLinkedPodIfAbsent(
    uid: string,
    target: LinkTarget,
    lifetimeSeconds: LinkLifetime,
    options?: CallOptions,
  ): Promise<LinkIfAbsentResult> {
    const args = this.#linkArgs(uid, target, lifetimeSeconds);
    return this.call("setLinkedPodIfAbsent", "writes", options, () => this.store.linkIfAbsent(...args));
  }

  /**
   * The link of `uid`; if there is none, a link to the pod that `policy` chooses among the pods that reported a state of
   * late. `undefined` if it chooses none.
   */
  async computeLinkIfAbsent(
    uid: string,
    lifetimeSeconds: LinkLifetime,
    policy: PlacementPolicy = leastLoaded(),
    { maxAgeMs = defaultMaxAgeMs, timeoutMs, signal }: ComputeLinkOptions = {},
  ): Promise<LinkIfAbsentResult | undefined> {
    checkLifetime(lifetimeSeconds);
    checkNumber("maxAgeMs", maxAgeMs, 0, Number.MAX_VALUE);
    const leftMs = countdown(timeoutMs);
    const link = await this.getLinkedPod(uid, { timeoutMs: leftMs(), signal });
    if (link) return { link, created: false };
    const states = await this.getServiceState({ timeoutMs: leftMs(), signal });
    const pod = policy([...states.values()].filter(({ ageMs = Number.POSITIVE_INFINITY }) => ageMs <= maxAgeMs));
    if (pod === undefined) return undefined;
    return this.setLinkedPodIfAbsent(uid, { pod }, lifetimeSeconds, { timeoutMs: leftMs(), signal });
  }

  /** Removes the link by force. The pod that holds the uid learns of it with its next renewal, and serves it until then. */
  async removeLinkedPod(uid: string, { graceSeconds = 0, ...options }: RemoveOptions = {}): Promise<boolean> {
    const name = this.link(uid);
    checkGrace(graceSeconds);
    return this.call("removeLinkedPod", "writes", options, () => this.store.removeLink(name, undefined, graceSeconds));
  }

  /** Removes the link only while it names this pod, and this incarnation and fence where they are given. */
  async removeLinkedPodWithId(
    uid: string,
    expected: LinkExpectation,
    { graceSeconds = 0, ...options }: RemoveOptions = {},
  ): Promise<boolean> {
    const name = this.link(uid);
    const known = checkExpectation(expected);
    checkGrace(graceSeconds);
    return this.call("removeLinkedPodWithId", "writes", options, () =>
      this.store.removeLink(name, known, graceSeconds),
    );
  }

  #linkArgs(uid: string, target: LinkTarget, lifetimeSeconds: LinkLifetime): [LinkName, Owner, LinkLifetime] {
    return [this.link(uid), checkTarget(target), checkLifetime(lifetimeSeconds)];
  }
}
