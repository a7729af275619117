import { ExecutorError } from "../../errors.ts";
import type { Log } from "../../ports.ts";
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
} from "../../types.ts";
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
} from "../answers.ts";
import type { StatefulStore } from "../store.ts";
import { connector } from "./client.ts";
import { Connection } from "./connection.ts";
import type { Layout } from "./layout.ts";
import { LegacyLayout } from "./legacy-layout.ts";
import { NativeLayout } from "./native-layout.ts";
import { NativeMoves } from "./native-moves.ts";
import { PodLeases } from "./pod-leases.ts";
import { type RedisStoreOptions, settingsOf } from "./redis-store-options.ts";
import { checkServer, type ServerFinding } from "./server-check.ts";
import { Subscriptions } from "./subscriptions.ts";

const layouts = Object.freeze({ native: NativeLayout, legacy: LegacyLayout });

const withoutLeases = (): ExecutorError => {
  const message = "the legacy layout has neither leases nor fences: it is for plain operations only";
  return new ExecutorError("INVALID_ARGUMENT", message);
};

/**
 * Links, leases and states in Redis 7 or Valkey: one server, a master behind Sentinels, or a Cluster. Two clients: one
 * for links, and one for leases, so that a renewal never waits behind user traffic. Connects with the first call. One
 * round trip for every operation, but for `linkedServices`, which has two.
 */
export class RedisStore implements StatefulStore {
  readonly #links: Connection;
  readonly #layout: Layout;
  readonly #acked: Connection | undefined;
  /** For the operations that give a link an owner. */
  readonly #linking: Layout;
  readonly #leases: Connection | undefined;
  readonly #events: Subscriptions;
  readonly #isWatched: boolean;
  readonly #log: Log;

  constructor(options: RedisStoreOptions) {
    const { layout, log, timeoutMs, maxPending, ackReplicas } = settingsOf(options);
    this.#isWatched = options.sentinel !== undefined;
    this.#log = log;
    const connect = connector(options, options.tls, timeoutMs);
    this.#links = new Connection(connect(), { timeoutMs, maxPending, log });
    this.#layout = new layouts[layout](this.#links);
    // A connection of its own: others would wait behind its waiting for replicas.
    this.#acked = ackReplicas > 0 ? new Connection(connect(), { timeoutMs, maxPending, log, ackReplicas }) : undefined;
    this.#linking = this.#acked ? new layouts[layout](this.#acked) : this.#layout;
    this.#events = new Subscriptions(connect, { timeoutMs, log });
    if (layout === "native") this.#leases = new Connection(connect(), { timeoutMs, maxPending, log });
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId | undefined,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    return this.#pods.acquirePod(service, pod, token, status, leaseMs);
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    return this.#pods.renewPod(service, owner, status, leaseMs);
  }

  async releasePod(service: ServiceName, owner: Owner, returnMs?: number): Promise<boolean> {
    return this.#pods.releasePod(service, owner, returnMs);
  }

  async sealPod(service: ServiceName, owner: Owner): Promise<SealResult> {
    return this.#pods.sealPod(service, owner);
  }

  async pods(service: ServiceName): Promise<PodRecord[]> {
    return this.#pods.pods(service);
  }

  async sendLetters(service: ServiceName, pod: PodId, texts: readonly string[]): Promise<void> {
    return this.#pods.sendLetters(service, pod, texts);
  }

  async readLetters(service: ServiceName, owner: Owner, after: string, limit: number): Promise<Letter[]> {
    return this.#pods.readLetters(service, owner, after, limit);
  }

  getLink(name: LinkName): Promise<Link | undefined> {
    return this.#layout.getLink(name);
  }

  getLinks(service: ServiceName, uids: readonly string[]): Promise<(Link | undefined)[]> {
    return this.#layout.getLinks(service, uids);
  }

  linkedServices(namespace: string, uid: string): Promise<Map<string, Link>> {
    return this.#layout.linkedServices(namespace, uid);
  }

  linkIfAbsent(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<{ link: Link; created: boolean }> {
    return this.#linking.linkIfAbsent(name, owner, lifetimeSeconds);
  }

  setLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult> {
    return this.#linking.setLink(name, owner, lifetimeSeconds);
  }

  trySetLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult> {
    return this.#linking.trySetLink(name, owner, lifetimeSeconds);
  }

  takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    return this.#linking.takeOver(name, expected, owner);
  }

  renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    options?: RenewLinksOptions,
  ): Promise<LinkRenewal[]> {
    return this.#layout.renewLinks(service, owner, links, options);
  }

  async takeUpLink(name: LinkName, tenure: Tenure): Promise<TakenUpLink> {
    return this.#moves.takeUpLink(name, tenure);
  }

  async dropState(name: LinkName, fence: number): Promise<void> {
    return this.#moves.dropState(name, fence);
  }

  async beginMove(name: LinkName, tenure: Tenure, target: Owner, deadlineMs: number): Promise<MoveResult> {
    return this.#moves.beginMove(name, tenure, target, deadlineMs);
  }

  async cancelMove(name: LinkName, tenure: Tenure): Promise<MoveResult> {
    return this.#moves.cancelMove(name, tenure);
  }

  async commitMove(name: LinkName, tenure: Tenure, target: Owner, state?: HandedState): Promise<MoveResult> {
    return this.#movesOn(this.#acked ?? this.#links).commitMove(name, tenure, target, state);
  }

  async keepState(name: LinkName, tenure: Tenure, state: HandedState): Promise<MoveResult> {
    return this.#moves.keepState(name, tenure, state);
  }

  removeLink(name: LinkName, expected?: LinkExpectation, graceSeconds?: number): Promise<boolean> {
    return this.#layout.removeLink(name, expected, graceSeconds);
  }

  setPodState(service: ServiceName, pod: PodId, state: string): Promise<void> {
    return this.#layout.setPodState(service, pod, state);
  }

  podStates(service: ServiceName): Promise<PodState[]> {
    return this.#layout.podStates(service);
  }

  setWorkloadState(service: ServiceName, state: string): Promise<void> {
    return this.#layout.setWorkloadState(service, state);
  }

  workloadStates(namespace: string, services: readonly string[]): Promise<(ReportedState | undefined)[]> {
    return this.#layout.workloadStates(namespace, services);
  }

  subscribe(service: ServiceName, listener: (event: StoreEvent) => void): Disposable {
    return this.#events.subscribe(service, listener);
  }

  replication(): Promise<string> {
    return this.#links.replication();
  }

  /**
   * What about the server costs links or fails calls, told to `log` as warnings too; empty if nothing was found. For the
   * start of a process: it takes four round trips. Rejects if there is no connection.
   */
  async check(): Promise<ServerFinding[]> {
    const findings = await checkServer(this.#links, this.#isWatched);
    for (const { message } of findings) this.#log.warn(message);
    return findings;
  }

  async close(): Promise<void> {
    this.#events.close();
    await Promise.all([this.#links.close(), this.#leases?.close(), this.#acked?.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #pods(): PodLeases {
    if (this.#leases) return new PodLeases(this.#leases);
    throw withoutLeases();
  }

  get #moves(): NativeMoves {
    return this.#movesOn(this.#links);
  }

  #movesOn(connection: Connection): NativeMoves {
    if (this.#leases) return new NativeMoves(connection);
    throw withoutLeases();
  }
}
