import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../ports.ts";
import { ServiceScope } from "../scope/service-scope.ts";
import type { RenewResult, StoreEvent } from "../store/answers.ts";
import { monotonicClock, pause } from "../time.ts";
import type { PodId, PodStatus, RoutingState } from "../types.ts";
import { claim } from "./claim.ts";
import { checkDrain, type DrainOptions, type DrainProgress, giveUpAll } from "./drain.ts";
import { createGuard, type GuardedHandler, type GuardOptions } from "./guard.ts";
import type { Admission, Held, Ownership } from "./held.ts";
import type { LossReason } from "./held-table.ts";
import { type PodAgentOptions, podDefaults, statusOf } from "./options.ts";
import { assemble, type PodParts } from "./parts.ts";
import type { Standing } from "./standing.ts";
import { createUpgradeGuard, type GuardedUpgradeHandler } from "./upgrade-guard.ts";

/** One pod's side of the protocol: keeps the lease, holds uids, and lets nothing run for a uid that is not its own. */
export class PodAgent {
  readonly #scope: ServiceScope;
  readonly #secret: string | undefined;
  readonly #clock: Clock;
  readonly #status: Omit<PodStatus, "state" | "load" | "held">;
  readonly #parts: PodParts;
  readonly #standing: Standing;
  #subscription: Disposable | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: PodAgentOptions) {
    this.#scope = new ServiceScope(options.store, options);
    this.#secret = options.secret;
    this.#clock = options.clock ?? monotonicClock;
    this.#status = statusOf(options);
    this.#parts = assemble(this.#scope, options, {
      status: () => ({ ...this.#status, state: this.state, load: this.load, held: this.#parts.table.size }),
      onRenewed: (result) => this.#afterRenewal(result),
      onEnded: (cause) => {
        if (cause !== "expired" || !this.#standing.serveWithoutStore) this.#loseAll("lease");
      },
    });
    this.#standing = this.#parts.standing;
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
    return this.#standing.state;
  }

  /** The pod's present load, as gateways see it. */
  get load(): number {
    return this.#parts.load();
  }

  /** Takes the id, waiting for the end of another process's lease and for a store that is away. Rejects with `ABORTED`. */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#parts.heartbeat.acquire(signal);
    await this.#parts.lostLinks.wasReplaced();
    this.#subscription ??= this.#scope.subscribe((event) => this.#hear(event));
  }

  /** Whether the pod may serve `uid` now. */
  holds(uid: string): boolean {
    return this.#standing.servingAs() !== undefined && this.#parts.table.has(uid);
  }

  /** The uids that the pod holds. */
  held(): string[] {
    return this.#parts.table.all().map(({ uid }) => uid);
  }

  /**
   * The uid if this pod may serve it with this fence, a number or its decimal text, without I/O; without a fence, for what
   * comes straight from clients, with the one that the pod holds. For transports of your own; `guard()` does it for HTTP.
   */
  admit(uid: string, fence: number | string | undefined = this.#parts.table.get(uid)?.fence): Held | undefined {
    const nowMs = this.#clock.now();
    if (fence === undefined || this.#standing.servingAs(nowMs) === undefined) return undefined;
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
  claim(uid: string): Promise<Ownership> {
    return claim(uid, this.#parts.claiming);
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
    if (this.#standing.state !== "ready") return;
    this.#standing.state = "deny-new";
    await this.#parts.heartbeat.beat();
  }

  /**
   * `denyNew`, then gives up every uid that the pod holds, paced. Call `stop` after it. What is `kept` at the end is still
   * served, and a second drain goes on with it.
   */
  async drain(options: DrainOptions = {}): Promise<DrainProgress> {
    const { to, returnMs } = checkDrain(options);
    if (to === "hold") this.#standing.returnMs = returnMs;
    await this.denyNew();
    const { departures, errands, outbox } = this.#parts;
    const leave = (uid: string) => (to === "hold" ? departures.hold(uid) : errands.move(uid));
    const progress = await giveUpAll(() => this.held(), options, leave);
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

  #afterRenewal(result: RenewResult & { readonly renewed: true }): void {
    if (result.letters > 0) void this.#parts.mailbox.read();
    void this.#parts.lostLinks.afterRenewal(result);
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
    this.#standing.state = "shutdown";
    const endMs = performance.now() + graceMs;
    // Before the release: what still runs for a uid must end before another pod may hold it.
    while (performance.now() < endMs && this.#parts.table.all().some(({ inFlight }) => inFlight > 0)) await pause(10);
    this.#loseAll("stop");
    this.#subscription?.[Symbol.dispose]();
    await this.#parts.heartbeat.release(this.#standing.returnMs);
  }

  #loseAll(reason: LossReason): void {
    for (const held of this.#parts.table.all()) this.#parts.table.lose(held, reason);
  }
}
