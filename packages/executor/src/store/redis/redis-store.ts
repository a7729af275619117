import { ExecutorError } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import { silentLog } from "../../time.ts";
import type {
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
} from "../../types.ts";
import { checkOption } from "../../validate.ts";
import type {
  AcquireResult,
  HeldLink,
  LinkRenewal,
  RenewResult,
  SealResult,
  SetLinkResult,
  StatefulStore,
  TrySetLinkResult,
} from "../store.ts";
import { connector, type RedisLocation } from "./client.ts";
import { Connection } from "./connection.ts";
import type { Layout } from "./layout.ts";
import { LegacyLayout } from "./legacy-layout.ts";
import { NativeLayout } from "./native-layout.ts";
import { PodLeases } from "./pod-leases.ts";
import { checkServer, type ServerFinding } from "./server-check.ts";

/** Options of {@link RedisStore}: one location, and what follows. */
export interface RedisStoreOptions extends RedisLocation {
  /** How links and states are written: `native`, or `legacy` to share a Redis with the Go and Java versions. */
  readonly layout?: "native" | "legacy";
  /** Options of `node:tls`, e.g. `ca`, for every connection that is not `client`'s. */
  readonly tls?: object;
  /** After this time without an answer a call fails with `TIMEOUT`. Default 1000 ms. */
  readonly timeoutMs?: number;
  /** With this many calls waiting for an answer, further ones fail with `OVERLOADED`. Default 10000. */
  readonly maxPending?: number;
  readonly log?: Log;
}

const defaults = Object.freeze({ layout: "native", timeoutMs: 1000, maxPending: 10_000 } as const);
const layouts = Object.freeze({ native: NativeLayout, legacy: LegacyLayout });

/**
 * Links, leases and states in Redis 7 or Valkey: one server, a master behind Sentinels, or a Cluster. Two clients: one
 * for links, and one for leases, so that a renewal never waits behind user traffic. Connects with the first call. One
 * round trip for every operation, but for `linkedServices`, which has two.
 */
export class RedisStore implements StatefulStore {
  readonly #links: Connection;
  readonly #layout: Layout;
  readonly #leases: Connection | undefined;
  readonly #isWatched: boolean;
  readonly #log: Log;

  constructor(options: RedisStoreOptions) {
    const { layout = defaults.layout, tls, log = silentLog } = options;
    const timeoutMs = checkOption("timeoutMs", options.timeoutMs ?? defaults.timeoutMs, 1, 60_000);
    const maxPending = checkOption("maxPending", options.maxPending ?? defaults.maxPending, 1, 1_000_000);
    if (!Object.hasOwn(layouts, layout)) throw new RangeError(`layout must be native or legacy, got ${String(layout)}`);
    this.#isWatched = options.sentinel !== undefined;
    this.#log = log;
    const connect = connector(options, tls, timeoutMs);
    this.#links = new Connection(connect(), { timeoutMs, maxPending, log });
    this.#layout = new layouts[layout](this.#links);
    if (layout === "native") this.#leases = new Connection(connect(), { timeoutMs, maxPending, log });
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    return this.#pods.acquirePod(service, pod, token, status, leaseMs);
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    return this.#pods.renewPod(service, owner, status, leaseMs);
  }

  async releasePod(service: ServiceName, owner: Owner): Promise<boolean> {
    return this.#pods.releasePod(service, owner);
  }

  async sealPod(service: ServiceName, owner: Owner): Promise<SealResult> {
    return this.#pods.sealPod(service, owner);
  }

  async pods(service: ServiceName): Promise<PodRecord[]> {
    return this.#pods.pods(service);
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
    return this.#layout.linkIfAbsent(name, owner, lifetimeSeconds);
  }

  setLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult> {
    return this.#layout.setLink(name, owner, lifetimeSeconds);
  }

  trySetLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult> {
    return this.#layout.trySetLink(name, owner, lifetimeSeconds);
  }

  takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    return this.#layout.takeOver(name, expected, owner);
  }

  renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    options?: { readonly reassert?: boolean },
  ): Promise<LinkRenewal[]> {
    return this.#layout.renewLinks(service, owner, links, options);
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
    await Promise.all([this.#links.close(), this.#leases?.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #pods(): PodLeases {
    if (this.#leases) return new PodLeases(this.#leases);
    const message = "the legacy layout has neither leases nor fences: it is for plain operations only";
    throw new ExecutorError("INVALID_ARGUMENT", message);
  }
}
