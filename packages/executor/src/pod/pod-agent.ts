import type { IncomingMessage, ServerResponse } from "node:http";
import { Lease } from "../ownership/lease.ts";
import type { Clock, Log } from "../ports.ts";
import { ServiceScope } from "../scope/service-scope.ts";
import type { StatefulStore } from "../store/store.ts";
import { monotonicClock, pause, silentLog, wallClock } from "../time.ts";
import type { LinkOrigin, Owner, PodId, RoutingState, ServiceName } from "../types.ts";
import { checkOption, checkPodId, checkPodStatus } from "../validate.ts";
import { Adoption } from "./adoption.ts";
import { Exclusive } from "./exclusive.ts";
import { createGuard, type GuardedHandler } from "./guard.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Admission, Held } from "./held.ts";
import { HeldTable, type LossReason } from "./held-table.ts";
import { LinkRenewals } from "./link-renewals.ts";

/** Options of {@link PodAgent}. */
export interface PodAgentOptions extends ServiceName {
  /** Not closed by the agent. */
  readonly store: StatefulStore;
  /** The pod's number, an integer >= 0. */
  readonly id: PodId;
  /** `host:port` at which gateways reach this pod. */
  readonly address: string;
  /** The version of the code; free text. Default empty. */
  readonly revision?: string;
  /** How long the pod counts as alive without a renewal, in milliseconds. Renewed every third of it. Default 10000. */
  readonly leaseMs?: number;
  /** Covers clock drift between this machine and the store, in milliseconds. Default a tenth of the lease. */
  readonly marginMs?: number;
  /** At the end of a lease that cannot be renewed: stop serving (`refuse`, default), or go on and risk two owners (`serve`). */
  readonly onStoreLost?: "refuse" | "serve";
  /** What gateways must send along; requests without it get 403. Default none. */
  readonly secret?: string;
  /** How busy the pod is; smaller is freer. Default: the number of uids held. */
  readonly load?: () => number;
  /** The pod takes up a uid; awaited before its first request is served. If it throws, the request gets 503. */
  readonly onAcquire?: (
    uid: string,
    details: { readonly reason: LinkOrigin; readonly fence: number; readonly signal: AbortSignal },
  ) => unknown;
  /** The pod does not own the uid any more: forget its state, write nothing more for it. */
  readonly onLost?: (uid: string, details: { readonly fence: number; readonly reason: LossReason }) => unknown;
  /** The uid was not used for its link's lifetime and is let go; its link is removed after this. */
  readonly onIdle?: (uid: string, details: { readonly fence: number }) => unknown;
  readonly clock?: Clock;
  readonly wallClock?: Clock;
  readonly log?: Log;
}

const defaults = Object.freeze({ leaseMs: 10_000, marginRatio: 0.1, graceMs: 5000 });

/** One pod's side of the protocol: keeps the lease, holds uids, and lets nothing run for a uid that is not its own. */
export class PodAgent {
  readonly #scope: ServiceScope;
  readonly #id: PodId;
  readonly #serveWithoutStore: boolean;
  readonly #secret: string | undefined;
  readonly #load: () => number;
  readonly #lease: Lease;
  readonly #heartbeat: Heartbeat;
  readonly #table: HeldTable;
  readonly #adoption: Adoption;
  readonly #renewals: LinkRenewals;
  readonly #status: { readonly address: string; readonly revision: string };
  #state: RoutingState = "ready";
  #stopped: Promise<void> | undefined;

  constructor(options: PodAgentOptions) {
    const { store, id, address, revision = "", onStoreLost = "refuse", secret } = options;
    const { leaseMs = defaults.leaseMs, marginMs = leaseMs * defaults.marginRatio } = options;
    const { clock = monotonicClock, log = silentLog } = options;
    this.#scope = new ServiceScope(store, options);
    this.#id = checkPodId(id);
    this.#status = checkPodStatus({ address, revision, state: "ready", load: 0 });
    this.#serveWithoutStore = onStoreLost === "serve";
    this.#secret = secret;
    checkOption("leaseMs", leaseMs, 100, 3_600_000);
    checkOption("marginMs", marginMs, 0, leaseMs / 2);

    const scope = this.#scope;
    const exclusive = new Exclusive();
    const servingAs = (): Owner | undefined => this.#servingAs();
    const onIdle = options.onIdle ?? (() => {});
    this.#table = new HeldTable({ clock, log, onLost: options.onLost ?? (() => {}) });
    this.#load = options.load ?? (() => this.#table.size);
    // Without the store a link cannot be renewed either: "serve" goes on past its end as it does past the lease's.
    const linkEndMs = (sentMs: number, leftMs: number): number =>
      this.#serveWithoutStore ? Number.POSITIVE_INFINITY : sentMs + leftMs - marginMs;
    const shared = { scope, table: this.#table, exclusive, clock, leaseMs, linkEndMs, log, servingAs };
    const takesNew = (): boolean => this.#state === "ready";
    this.#adoption = new Adoption({ ...shared, takesNew, onAcquire: options.onAcquire ?? (() => {}) });
    this.#renewals = new LinkRenewals({ ...shared, adoption: this.#adoption, onIdle });
    this.#lease = new Lease(clock, options.wallClock ?? wallClock, leaseMs, marginMs);
    this.#heartbeat = new Heartbeat({
      ...{ scope, pod: this.#id, lease: this.#lease, leaseMs, log },
      status: () => ({ ...this.#status, state: this.#state, load: this.#load() }),
      onRenewed: (recreated) => void this.#renewals.run({ reassert: recreated }),
      onEnded: (cause) => {
        if (cause !== "expired" || !this.#serveWithoutStore) this.#loseAll("lease");
      },
    });
  }

  /** The pod's number. */
  get id(): PodId {
    return this.#id;
  }

  /** The present life of the pod, or `undefined` before `start` and between two lives. */
  get incarnation(): number | undefined {
    return this.#heartbeat.owner?.incarnation;
  }

  get state(): RoutingState {
    return this.#state;
  }

  /** The pod's present load, as gateways see it. */
  get load(): number {
    return this.#load();
  }

  /** Takes the id, waiting for the end of another process's lease and for a store that is away. Rejects with `ABORTED`. */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#heartbeat.acquire(signal);
  }

  /** Whether the pod may serve `uid` now. */
  holds(uid: string): boolean {
    return this.#servingAs() !== undefined && this.#table.has(uid);
  }

  /** The uids that the pod holds. */
  held(): string[] {
    return this.#table.all().map(({ uid }) => uid);
  }

  /** The uid if this pod may serve it with this fence, without I/O. For transports of your own; `guard()` does it for HTTP. */
  admit(uid: string, fence: number): Held | undefined {
    return this.#servingAs() === undefined ? undefined : this.#table.serve(uid, fence);
  }

  /** As `admit`, asking the store where the pod does not hold the uid. Rejects with the store's error. */
  adopt(uid: string, fence: number): Promise<Admission> {
    return this.#adoption.adopt(uid, fence);
  }

  /**
   * Lets only requests through for uids that this pod owns; others are answered 421 before user code runs. Wrap a
   * node:http handler with it, or use it without one as middleware (Express and alike).
   */
  guard(handler?: GuardedHandler): (req: IncomingMessage, res: ServerResponse, next?: () => void) => void {
    return createGuard(this, this.#secret, handler);
  }

  /** From now on the pod takes no new uid, and goes on serving those it holds. Resolves when routers can know. */
  async denyNew(): Promise<void> {
    if (this.#state !== "ready") return;
    this.#state = "deny-new";
    await this.#heartbeat.beat();
  }

  /** `denyNew`, then waits until the pod holds no uid, at most `deadlineMs`. Call `stop` after it. */
  async drain({ deadlineMs, signal }: { readonly deadlineMs: number; readonly signal?: AbortSignal }): Promise<void> {
    await this.denyNew();
    const endMs = performance.now() + deadlineMs;
    while (this.#table.size > 0 && performance.now() < endMs && !signal?.aborted) {
      await pause(Math.min(50, endMs - performance.now()), signal);
    }
  }

  /**
   * Refuses new requests, waits at most `graceMs` (default 5000) for those in flight, tells `onLost` for what is held,
   * and releases the lease so that nobody has to wait for its end. A second call waits for the first.
   */
  stop({ graceMs = defaults.graceMs }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #servingAs(): Owner | undefined {
    const valid = this.#state !== "shutdown" && (this.#serveWithoutStore || this.#lease.isValid());
    return valid ? this.#heartbeat.owner : undefined;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#state = "shutdown";
    const endMs = performance.now() + graceMs;
    // Before the release: what still runs for a uid must end before another pod may hold it.
    while (performance.now() < endMs && this.#table.all().some(({ inFlight }) => inFlight > 0)) await pause(10);
    this.#loseAll("stop");
    await this.#heartbeat.release();
  }

  #loseAll(reason: LossReason): void {
    for (const held of this.#table.all()) this.#table.lose(held, reason);
  }
}
