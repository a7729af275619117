import { ExecutorError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type {
  HandedState,
  Link,
  LinkExpectation,
  LinkLifetime,
  LinkName,
  Owner,
  PodId,
  PodRecord,
  PodState,
  PodStatus,
  ReportedState,
  ServiceName,
  Tenure,
} from "../types.ts";
import type {
  AcquireResult,
  HeldLink,
  Letter,
  LinkRenewal,
  MoveResult,
  RenewLinksOptions,
  RenewResult,
  SealResult,
  SetLinkResult,
  StoreEvent,
  TakenUpLink,
  TrySetLinkResult,
} from "./answers.ts";
import { MemoryLinks } from "./memory-links.ts";
import { MemoryServices } from "./memory-services.ts";
import type { StatefulStore } from "./store.ts";

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** The store's time, in milliseconds since the epoch. Default: the machine's, never going back. */
  readonly clock?: Clock;
}

const epochClock: Clock = { now: () => performance.timeOrigin + performance.now() };

/**
 * Links, leases and states in this process's memory, under the same contract as Redis: for tests, for one machine, and
 * for gateways that hand it to their pods. Every operation is O(1), lists are O(pods).
 */
export class MemoryStore implements StatefulStore {
  readonly #clock: Clock;
  readonly #links = new MemoryLinks((name, link) => this.#services.tell(name, { kind: "link", uid: name.uid, link }));
  readonly #services = new MemoryServices();
  #closed = false;

  constructor({ clock = epochClock }: MemoryStoreOptions = {}) {
    this.#clock = clock;
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId | undefined,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    return this.#services.of(service).pods.acquire(pod, token, status, leaseMs, this.#now());
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    return this.#services.of(service).pods.renew(owner, status, leaseMs, this.#now());
  }

  async releasePod(service: ServiceName, owner: Owner, returnMs = 0): Promise<boolean> {
    return this.#services.of(service).pods.release(owner, returnMs, this.#now());
  }

  async sealPod(service: ServiceName, owner: Owner): Promise<SealResult> {
    return this.#services.of(service).pods.seal(owner, this.#now());
  }

  async pods(service: ServiceName): Promise<PodRecord[]> {
    return this.#services.of(service).pods.list(this.#now());
  }

  async sendLetters(service: ServiceName, pod: PodId, texts: readonly string[]): Promise<void> {
    this.#now();
    this.#services.of(service).pods.sendLetters(pod, texts);
    this.#services.tell(service, { kind: "letter", pod });
  }

  async readLetters(service: ServiceName, owner: Owner, after: string, limit: number): Promise<Letter[]> {
    this.#now();
    return this.#services.of(service).pods.readLetters(owner, after, limit);
  }

  async getLink(name: LinkName): Promise<Link | undefined> {
    return this.#links.get(name, this.#now());
  }

  async getLinks(service: ServiceName, uids: readonly string[]): Promise<(Link | undefined)[]> {
    return this.#links.getMany(service, uids, this.#now());
  }

  async linkedServices(namespace: string, uid: string): Promise<Map<string, Link>> {
    return this.#links.services(namespace, uid, this.#now());
  }

  async linkIfAbsent(
    name: LinkName,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ link: Link; created: boolean }> {
    return this.#links.addIfAbsent(name, owner, lifetimeSeconds, this.#now());
  }

  async setLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult> {
    return this.#links.set(name, owner, lifetimeSeconds, this.#now());
  }

  async trySetLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult> {
    return this.#links.trySet(name, owner, lifetimeSeconds, this.#now());
  }

  async takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    return this.#links.takeOver(name, expected, owner, this.#now());
  }

  async renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    { reassertUntilMs = 0 }: RenewLinksOptions = {},
  ): Promise<LinkRenewal[]> {
    const nowMs = this.#now();
    return links.map((held) => this.#links.renew(service, owner, held, reassertUntilMs, nowMs));
  }

  async takeUpLink(name: LinkName, tenure: Tenure): Promise<TakenUpLink> {
    return this.#links.takeUp(name, tenure, this.#now());
  }

  async dropState(name: LinkName, fence: number): Promise<void> {
    this.#links.dropState(name, fence, this.#now());
  }

  async beginMove(name: LinkName, tenure: Tenure, target: Owner, deadlineMs: number): Promise<MoveResult> {
    return this.#links.beginMove(name, tenure, target, deadlineMs, this.#now());
  }

  async cancelMove(name: LinkName, tenure: Tenure): Promise<MoveResult> {
    return this.#links.cancelMove(name, tenure, this.#now());
  }

  async commitMove(name: LinkName, tenure: Tenure, target: Owner, state?: HandedState): Promise<MoveResult> {
    return this.#links.commitMove(name, tenure, target, state, this.#now());
  }

  async keepState(name: LinkName, tenure: Tenure, state: HandedState): Promise<MoveResult> {
    return this.#links.keepState(name, tenure, state, this.#now());
  }

  async removeLink(name: LinkName, expected?: LinkExpectation, graceSeconds = 0): Promise<boolean> {
    return this.#links.remove(name, expected, graceSeconds, this.#now());
  }

  async setPodState(service: ServiceName, pod: PodId, state: string): Promise<void> {
    this.#services.of(service).states.set(pod, state, this.#now());
  }

  async podStates(service: ServiceName): Promise<PodState[]> {
    return this.#services.of(service).states.list(this.#now());
  }

  async setWorkloadState(service: ServiceName, state: string): Promise<void> {
    this.#services.of(service).workload = { state, atMs: this.#now() };
  }

  async workloadStates(namespace: string, services: readonly string[]): Promise<(ReportedState | undefined)[]> {
    const nowMs = this.#now();
    return services.map((service) => {
      const { workload } = this.#services.of({ namespace, service });
      return workload && { state: workload.state, ageMs: nowMs - workload.atMs };
    });
  }

  /** Told at once, in the turn of the change. */
  subscribe(service: ServiceName, listener: (event: StoreEvent) => void): Disposable {
    this.#now();
    return this.#services.subscribe(service, listener);
  }

  async replication(): Promise<string> {
    this.#now();
    return "";
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#services.endSubscriptions();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Every operation asks for the time, so that a closed store refuses all of them. */
  #now(): number {
    if (this.#closed) throw new ExecutorError("CLOSED", "the store is closed");
    return this.#clock.now();
  }
}
