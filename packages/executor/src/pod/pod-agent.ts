import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ExecutorError } from "../errors.ts";
import type { Clock, Log } from "../ports.ts";
import { ServiceScope } from "../scope/service-scope.ts";
import type { RenewResult, StoreEvent } from "../store/store.ts";
import { monotonicClock, pause, silentLog } from "../time.ts";
import type { LinkLifetime, Owner, PodId, PodStatus, RoutingState } from "../types.ts";
import { checkLifetime, checkOption } from "../validate.ts";
import { type DrainProgress, giveUp, type PaceOptions } from "./drain.ts";
import { createGuard, type GuardedHandler, type GuardOptions } from "./guard.ts";
import type { Admission, Held, Ownership } from "./held.ts";
import type { LossReason } from "./held-table.ts";
import { type PodAgentOptions, podDefaults, statusOf } from "./options.ts";
import { assemble, type PodParts } from "./parts.ts";
import { createUpgradeGuard, type GuardedUpgradeHandler } from "./upgrade-guard.ts";

/** What `drain` may be told. */
export interface DrainOptions extends PaceOptions {
  /**
   * `move` (default): each uid goes to another pod, with its state. `hold`: the uids wait for the same pod id to come
   * back, with their state, and are not served until then; for restarts in place.
   */
  readonly to?: "move" | "hold";
  /** With `hold`: for so long routers leave the uids where they are after `stop`, in milliseconds. Default 60000. */
  readonly returnMs?: number;
}

/** One pod's side of the protocol: keeps the lease, holds uids, and lets nothing run for a uid that is not its own. */
export class PodAgent {
  readonly #scope: ServiceScope;
  readonly #serveWithoutStore: boolean;
  readonly #secret: string | undefined;
  readonly #maxLinks: number;
  readonly #linkLifetimeSeconds: LinkLifetime;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #parts: PodParts;
  readonly #status: Omit<PodStatus, "state" | "load" | "held">;
  #state: RoutingState = "ready";
  /** Set by a drain that holds: for so long the uids wait for this pod to come back. */
  #returnMs: number | undefined;
  #replication: string | undefined;
  /** The store may have lost links that this pod holds, and has not been told of all of them since. */
  #mayLackLinks = false;
  #subscription: Disposable | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: PodAgentOptions) {
    const { store, secret, maxLinks = Number.POSITIVE_INFINITY, onStoreLost = "refuse", log = silentLog } = options;
    this.#scope = new ServiceScope(store, options);
    this.#status = statusOf(options);
    this.#serveWithoutStore = onStoreLost === "serve";
    this.#secret = secret;
    this.#clock = options.clock ?? monotonicClock;
    this.#log = log;
    this.#maxLinks = maxLinks;
    this.#linkLifetimeSeconds = checkLifetime(options.linkLifetimeSeconds ?? podDefaults.linkLifetimeSeconds);
    this.#parts = assemble(this.#scope, options, {
      servingAs: () => this.#servingAs(),
      refusesNew: () => this.#refusesNew(),
      isHolding: () => this.#returnMs !== undefined,
      status: () => ({ ...this.#status, state: this.#state, load: this.load, held: this.#parts.table.size }),
      onRenewed: (result) => void this.#afterRenewal(result),
      onEnded: (cause) => {
        if (cause !== "expired" || !this.#serveWithoutStore) this.#loseAll("lease");
      },
    });
  }

  /** The pod's number; `undefined` before `start`, and between two lives of a claimed one. */
  get id(): PodId | undefined {
    return this.#parts.heartbeat.pod;
  }

  /** The present life of the pod, or `undefined` before `start` and between two lives. */
  get incarnation(): number | undefined {
    return this.#parts.heartbeat.owner?.incarnation;
  }

  get state(): RoutingState {
    return this.#state;
  }

  /** The pod's present load, as gateways see it. */
  get load(): number {
    return this.#parts.load();
  }

  /** Takes the id, waiting for the end of another process's lease and for a store that is away. Rejects with `ABORTED`. */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#parts.heartbeat.acquire(signal);
    await this.#wasReplaced();
    this.#subscription ??= this.#scope.subscribe((event) => this.#hear(event));
  }

  /** Whether the pod may serve `uid` now. */
  holds(uid: string): boolean {
    return this.#servingAs() !== undefined && this.#parts.table.has(uid);
  }

  /** The uids that the pod holds. */
  held(): string[] {
    return this.#parts.table.all().map(({ uid }) => uid);
  }

  /**
   * The uid if this pod may serve it with this fence, without I/O; without a fence, for what comes straight from clients,
   * with the one that the pod holds. For transports of your own; `guard()` does it for HTTP.
   */
  admit(uid: string, fence: number | undefined = this.#parts.table.get(uid)?.fence): Held | undefined {
    const nowMs = this.#clock.now();
    if (fence === undefined || this.#servingAs(nowMs) === undefined) return undefined;
    return this.#parts.table.serve(uid, fence, nowMs);
  }

  /** As `admit`, asking the store where the pod does not hold the uid. Rejects with the store's error. */
  adopt(uid: string, fence: number): Promise<Admission> {
    return this.#parts.adoption.adopt(uid, fence);
  }

  /**
   * Links a uid that this pod has minted to itself, and takes it up. Rejects with `NOT_OWNER` if another pod has it, with
   * `NO_LIVE_POD` while this one takes no new uids.
   */
  async claim(uid: string): Promise<Ownership> {
    const owner = this.#servingAs();
    const refused = owner ? this.#refusesNew() : "lease";
    const details = { operation: "claim", retryable: true } as const;
    if (!owner || refused) {
      throw new ExecutorError("NO_LIVE_POD", `claim: this pod takes no new uids now (${refused})`, details);
    }
    const { link } = await this.#scope.setLinkedPodIfAbsent(uid, owner, this.#linkLifetimeSeconds);
    const isOurs = link.pod === owner.pod && link.incarnation === owner.incarnation;
    const admission = isOurs ? await this.#parts.adoption.adopt(uid, link.fence) : undefined;
    if (admission?.held) return admission.held.ownership;
    const reason = admission ? admission.refused : `pod ${link.pod} has it`;
    throw new ExecutorError("NOT_OWNER", `claim: ${JSON.stringify(uid)} is not this pod's (${reason})`, {
      ...details,
      retryable: isOurs,
    });
  }

  /**
   * Lets only requests through for uids that this pod owns; others are answered 421 before user code runs. Wrap a
   * node:http handler with it, or use it without one as middleware (Express and alike).
   */
  guard(
    handler?: GuardedHandler,
    options: GuardOptions = {},
  ): (req: IncomingMessage, res: ServerResponse, next?: () => void) => void {
    return createGuard(this, this.#secret, handler, options);
  }

  /**
   * The same for `server.on("upgrade", ...)`. An open socket counts as in flight; when its uid leaves the pod it is closed,
   * a WebSocket with code 1012, so that the client connects again and reaches the new owner.
   */
  guardUpgrade(
    handler: GuardedUpgradeHandler,
    options: GuardOptions = {},
  ): (req: IncomingMessage, socket: Duplex, head: Buffer) => void {
    return createUpgradeGuard(this, this.#secret, handler, options);
  }

  /** Hands a uid over to pod `to`, or to whom placement chooses. Whether it has left. */
  async move(uid: string, { to }: { readonly to?: PodId } = {}): Promise<boolean> {
    const departure = await this.#parts.errands.move(uid, to === undefined ? undefined : [to]);
    await this.#parts.outbox.flush();
    return departure === "done";
  }

  /** Lets a uid go: `onRelease`, then its link is removed. Whether it has left. */
  async release(uid: string): Promise<boolean> {
    return (await this.#parts.departures.release(uid)) === "done";
  }

  /** From now on the pod takes no new uid, and goes on serving those it holds. Resolves when routers can know. */
  async denyNew(): Promise<void> {
    if (this.#state !== "ready") return;
    this.#state = "deny-new";
    await this.#parts.heartbeat.beat();
  }

  /**
   * `denyNew`, then gives up every uid that the pod holds, paced. Call `stop` after it. What is `kept` at the end is still
   * served, and a second drain goes on with it.
   */
  async drain(options: DrainOptions = {}): Promise<DrainProgress> {
    const { to = "move", returnMs = podDefaults.returnMs } = options;
    if (to === "hold") this.#returnMs = checkOption("returnMs", returnMs, 0, 86_400_000);
    await this.denyNew();
    const { departures, errands, outbox, table } = this.#parts;
    const leave = (uid: string) => (to === "hold" ? departures.hold(uid) : errands.move(uid));
    let progress = await giveUp(this.held(), options, leave);
    // What came meanwhile, from a pod that had not heard of this drain, leaves too.
    while (table.size > progress.kept && !options.signal?.aborted) {
      const more = await giveUp(this.held(), options, leave);
      const [done, gone] = [progress.done + more.done, progress.gone + more.gone];
      progress = { done, gone, kept: more.kept, total: done + gone + more.kept };
      if (more.done === 0) break;
    }
    await outbox.flush();
    return progress;
  }

  /**
   * Refuses new requests, waits at most `graceMs` (default 5000) for those in flight, tells `onLost` for what is held,
   * and releases the lease so that nobody has to wait for its end. A second call waits for the first.
   */
  stop({ graceMs = podDefaults.graceMs }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #servingAs(nowMs?: number): Owner | undefined {
    const valid = this.#state !== "shutdown" && (this.#serveWithoutStore || this.#parts.lease.isValid(nowMs));
    return valid ? this.#parts.heartbeat.owner : undefined;
  }

  #refusesNew(): "draining" | "full" | undefined {
    if (this.#state !== "ready") return "draining";
    return this.#parts.table.size >= this.#maxLinks ? "full" : undefined;
  }

  async #afterRenewal({ recreated, letters, nowMs }: RenewResult & { readonly renewed: true }): Promise<void> {
    if (letters > 0) void this.#parts.mailbox.read();
    if (recreated || (await this.#wasReplaced())) this.#mayLackLinks = true;
    if (!this.#mayLackLinks) return this.#parts.renewals.run();
    this.#mayLackLinks = false;
    // Most likely to fail just when it matters: while the master changes.
    if (!(await this.#parts.renewals.reassert(nowMs))) this.#mayLackLinks = true;
  }

  /** Whether a server that holds data was replaced since the last look: it may lack what the old one acknowledged. */
  async #wasReplaced(): Promise<boolean> {
    const before = this.#replication;
    try {
      this.#replication = await this.#scope.replication();
    } catch (error) {
      this.#log.debug("the replication of the store is not known", error);
    }
    return before !== undefined && before !== this.#replication;
  }

  #hear(event: StoreEvent): void {
    if (event.kind === "gap" || (event.kind === "letter" && event.pod === this.id)) void this.#parts.mailbox.read();
    if (event.kind === "gap" || event.kind === "pod") this.#parts.targets.expire();
    if (event.kind !== "link") return;
    const held = this.#parts.table.get(event.uid);
    // Changed by force, or by a failover: the store tells whether this pod still owns it.
    if (held && event.link?.fence !== held.fence) void this.#parts.renewals.check(held);
  }

  async #stop(graceMs: number): Promise<void> {
    this.#state = "shutdown";
    const endMs = performance.now() + graceMs;
    // Before the release: what still runs for a uid must end before another pod may hold it.
    while (performance.now() < endMs && this.#parts.table.all().some(({ inFlight }) => inFlight > 0)) await pause(10);
    this.#loseAll("stop");
    this.#subscription?.[Symbol.dispose]();
    await this.#parts.heartbeat.release(this.#returnMs);
  }

  #loseAll(reason: LossReason): void {
    for (const held of this.#parts.table.all()) this.#parts.table.lose(held, reason);
  }
}
