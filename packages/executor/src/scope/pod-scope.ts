import { type CallOptions, call, type Effect } from "../calls.ts";
import type {
  AcquireResult,
  HeldLink,
  LinkRenewal,
  RenewLinksOptions,
  RenewResult,
  SealResult,
} from "../store/answers.ts";
import type { StatefulStore } from "../store/store.ts";
import type {
  Link,
  LinkName,
  Owner,
  PodId,
  PodRecord,
  PodState,
  PodStatus,
  ReportedState,
  ServiceName,
} from "../types.ts";
import {
  checkBatch,
  checkExpectation,
  checkFence,
  checkLifetime,
  checkNumber,
  checkOwner,
  checkPodId,
  checkPodStatus,
  checkServiceName,
  checkState,
  checkTarget,
  checkUid,
} from "../validate.ts";

const none: CallOptions = Object.freeze({});

/** What pods do on one service: leases, the links that they hold, and what they report. The base of `ServiceScope`. */
export class PodScope {
  readonly name: ServiceName;
  /** @internal */
  protected readonly store: StatefulStore;
  readonly #timeoutMs: number | undefined;

  /** `timeoutMs` holds for every call that is told no other. */
  constructor(store: StatefulStore, name: ServiceName, { timeoutMs }: Pick<CallOptions, "timeoutMs"> = none) {
    this.name = checkServiceName(name);
    this.store = store;
    this.#timeoutMs = timeoutMs;
  }

  /** Without a pod id, takes the lowest free one. */
  async acquirePod(
    pod: PodId | undefined,
    token: string,
    status: PodStatus,
    leaseMs: number,
    options?: CallOptions,
  ): Promise<AcquireResult> {
    const args = [
      pod === undefined ? pod : checkPodId(pod),
      token,
      checkPodStatus(status),
      checkLease(leaseMs),
    ] as const;
    return this.call("acquirePod", "writes", options, () => this.store.acquirePod(this.name, ...args));
  }

  async renewPod(owner: Owner, status: PodStatus, leaseMs: number, options?: CallOptions): Promise<RenewResult> {
    const args = [checkOwner(owner), checkPodStatus(status), checkLease(leaseMs)] as const;
    return this.call("renewPod", "writes", options, () => this.store.renewPod(this.name, ...args));
  }

  async releasePod(owner: Owner, options: CallOptions & { readonly returnMs?: number } = {}): Promise<boolean> {
    const { pod, incarnation } = checkOwner(owner);
    const returnMs = checkNumber("returnMs", options.returnMs ?? 0, 0, 86_400_000);
    const release = () => this.store.releasePod(this.name, { pod, incarnation }, returnMs);
    return this.call("releasePod", "writes", options, release);
  }

  async sealPod(owner: Owner, options?: CallOptions): Promise<SealResult> {
    const { pod, incarnation } = checkOwner(owner);
    return this.call("sealPod", "writes", options, () => this.store.sealPod(this.name, { pod, incarnation }));
  }

  async pods(options?: CallOptions): Promise<PodRecord[]> {
    return this.call("pods", "reads", options, () => this.store.pods(this.name));
  }

  /** Keeps what pod `pod` says of itself: opaque text of at most 65536 bytes, forgotten seven days after the last word. */
  async setServiceState(pod: PodId, state: string, options?: CallOptions): Promise<void> {
    checkPodId(pod);
    checkState(state);
    return this.call("setServiceState", "writes", options, () => this.store.setPodState(this.name, pod, state));
  }

  /** What the pods reported, by pod, with its age. */
  async getServiceState(options?: CallOptions): Promise<Map<PodId, PodState>> {
    const states = await this.call("getServiceState", "reads", options, () => this.store.podStates(this.name));
    return new Map(states.map((state) => [state.pod, state]));
  }

  /** Keeps one text for the whole service, without expiry. */
  async setWorkloadState(state: string, options?: CallOptions): Promise<void> {
    checkState(state);
    return this.call("setWorkloadState", "writes", options, () => this.store.setWorkloadState(this.name, state));
  }

  async getWorkloadState(options?: CallOptions): Promise<ReportedState | undefined> {
    return (await this.getWorkloadStateBatch([this.name.service], options)).get(this.name.service);
  }

  /** The workload states of services of this namespace; those without one are left out. */
  async getWorkloadStateBatch(services: readonly string[], options?: CallOptions): Promise<Map<string, ReportedState>> {
    const { namespace } = this.name;
    for (const service of checkBatch("services", services)) checkServiceName({ namespace, service });
    const read = () => this.store.workloadStates(namespace, services);
    return present(
      services,
      services.length > 0 ? await this.call("getWorkloadStateBatch", "reads", options, read) : [],
    );
  }

  /** Replaces exactly `expected`, the link of a dead incarnation, by a link to `owner`. Does not check that it is dead. */
  async takeOver(
    uid: string,
    expected: Link,
    owner: Owner,
    options?: CallOptions,
  ): Promise<{ readonly link: Link | undefined; readonly taken: boolean }> {
    checkExpectation(expected);
    const args = [this.link(uid), expected, checkTarget(owner)] as const;
    return this.call("takeOver", "writes", options, () => this.store.takeOver(...args));
  }

  async renewLinks(
    owner: Owner,
    links: readonly HeldLink[],
    options?: CallOptions & RenewLinksOptions,
  ): Promise<LinkRenewal[]> {
    for (const { uid, fence, lifetimeSeconds } of checkBatch("links", links)) {
      checkUid(uid);
      checkFence(fence);
      checkLifetime(lifetimeSeconds);
    }
    const args = [checkOwner(owner), links, { reassertUntilMs: options?.reassertUntilMs }] as const;
    return this.call("renewLinks", "writes", options, () => this.store.renewLinks(this.name, ...args));
  }

  /** @internal */
  protected call<Reply>(
    operation: string,
    effect: Effect,
    options: CallOptions = none,
    send: () => Promise<Reply>,
  ): Promise<Reply> {
    if (this.#timeoutMs === undefined || options.timeoutMs !== undefined) return call(operation, effect, options, send);
    return call(operation, effect, { timeoutMs: this.#timeoutMs, signal: options.signal }, send);
  }

  /** @internal */
  protected link(uid: string): LinkName {
    const { namespace, service } = this.name;
    return { namespace, service, uid: checkUid(uid) };
  }
}

/** The values that are there, by their keys. */
export const present = <Value>(keys: readonly string[], values: readonly (Value | undefined)[]): Map<string, Value> => {
  const found = new Map<string, Value>();
  for (const [index, key] of keys.entries()) {
    const value = values[index];
    if (value !== undefined) found.set(key, value);
  }
  return found;
};

// A shorter lease than this is lost to an ordinary garbage collection.
const checkLease = (leaseMs: number): number => checkNumber("leaseMs", leaseMs, 100, 3_600_000);
