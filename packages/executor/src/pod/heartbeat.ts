import { randomUUID } from "node:crypto";
import { ExecutorError } from "../errors.ts";
import type { Lease } from "../ownership/lease.ts";
import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { RenewResult } from "../store/answers.ts";
import { pause } from "../time.ts";
import type { Owner, PodId, PodStatus } from "../types.ts";

/** What a {@link Heartbeat} works with and whom it tells. */
export interface HeartbeatOptions {
  readonly scope: ServiceScope;
  /** `undefined`: the lowest free one is claimed, anew for each life. */
  readonly pod: PodId | undefined;
  readonly lease: Lease;
  readonly leaseMs: number;
  readonly status: () => PodStatus;
  readonly log: Log;
  /** After every granted renewal. */
  readonly onRenewed: (result: RenewResult & { readonly renewed: true }) => void;
  /** Once per loss: the lease ran out, or the incarnation was sealed or superseded. */
  readonly onEnded: (cause: "expired" | "sealed" | "superseded") => void;
}

/**
 * Share of a lease between two tries while the store is away. The last renewal may be a third of a lease old when an outage
 * begins, and a tenth is the margin: after one of half a lease 0.06 are left to reach the store again.
 */
const retryRatio = 1 / 50;

/** Keeps a pod's lease: acquires the id, renews every third of a lease, notices the end in time, and starts over. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #stop = new AbortController();
  #owner: Owner | undefined;
  #alive = false;
  #beatTimer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** The pod's id; `undefined` as long as it is not claimed. */
  get pod(): PodId | undefined {
    return this.#options.pod ?? this.#owner?.pod;
  }

  /** The present life of the pod, or `undefined` before the first one and between two. */
  get owner(): Owner | undefined {
    return this.#owner;
  }

  /** Waits until the id is free and takes it. Rejects with `ABORTED` or `INVALID_ARGUMENT`; a store that is away is waited for. */
  async acquire(signal?: AbortSignal): Promise<void> {
    const { scope, pod, lease, leaseMs, status, log } = this.#options;
    const who = pod === undefined ? "a pod without an id" : `pod ${pod}`;
    const ended = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const token = randomUUID();
    for (let failures = 0; !ended.aborted; ) {
      const sent = lease.instant();
      try {
        const result = await scope.acquirePod(pod, token, status(), leaseMs);
        if (result.acquired && ended.aborted) {
          // Stopped while the store answered: nobody will renew this lease.
          await scope.releasePod(result);
          break;
        }
        if (result.acquired) {
          this.#owner = { pod: result.pod, incarnation: result.incarnation };
          lease.granted(sent);
          this.#granted(sent.monotonicMs);
          return;
        }
        failures = 0;
        log.info(`${who} is held by another process for another ${Math.ceil(result.leaseLeftMs)} ms`);
        await pause(Math.min(result.leaseLeftMs, leaseMs) + 1, ended);
      } catch (error) {
        if (!(error instanceof ExecutorError && error.retryable)) throw error;
        // Said once per outage: the answer is the same each time.
        if (failures++ === 0) log.warn(`${who} cannot reach the store, trying again until it can`, error);
        await pause(leaseMs / 10, ended);
      }
    }
    throw new ExecutorError("ABORTED", `the start of ${who} was aborted`, { cause: signal?.reason });
  }

  /** Renews now, e.g. to publish a new routing state. Rejects with the store's error. */
  async beat(): Promise<void> {
    const { scope, lease, leaseMs, status, onRenewed } = this.#options;
    const owner = this.#owner;
    if (!owner || this.#stop.signal.aborted) return;
    const sent = lease.instant();
    const result = await scope.renewPod(owner, status(), leaseMs);
    if (this.#owner !== owner) return;
    if (!result.renewed) {
      this.#lost(result.reason);
      return;
    }
    this.#failures = 0;
    // A process that was frozen may get this answer before its timers have seen the end of the lease.
    if (!lease.isValid()) this.#expired();
    lease.granted(sent);
    this.#granted(sent.monotonicMs);
    onRenewed(result);
  }

  /**
   * Ends the lease in the store, so that nobody waits for its end, and stops for good. For `returnMs` the uids wait for the
   * pod to come back. Never rejects.
   */
  async release(returnMs = 0): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#beatTimer);
    clearTimeout(this.#endTimer);
    const owner = this.#owner;
    this.#owner = undefined;
    this.#options.lease.end();
    if (!owner) return;
    try {
      await this.#options.scope.releasePod(owner, { returnMs });
    } catch (error) {
      this.#options.log.warn(`pod ${owner.pod} could not release its lease, which will end by itself`, error);
    }
  }

  #granted(sentMs: number): void {
    const { lease, leaseMs } = this.#options;
    this.#alive = true;
    this.#schedule(sentMs + leaseMs / 3 - lease.instant().monotonicMs);
    this.#watchEnd();
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#beatTimer);
    if (this.#stop.signal.aborted) return;
    this.#beatTimer = setTimeout(() => void this.#beatOrRetry(), Math.max(delayMs, 0));
    this.#beatTimer.unref();
  }

  async #beatOrRetry(): Promise<void> {
    try {
      await this.beat();
    } catch (error) {
      // Said once per outage: the answer is the same each time.
      if (this.#failures++ === 0) this.#options.log.warn(`pod ${this.#owner?.pod} cannot renew its lease`, error);
      this.#schedule(Math.max(this.#options.leaseMs * retryRatio, 20));
    }
  }

  #watchEnd(): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => {
      if (this.#options.lease.isValid()) this.#watchEnd();
      else this.#expired();
    }, this.#options.lease.leftMs() + 1);
    this.#endTimer.unref();
  }

  #expired(): void {
    if (!this.#alive || this.#stop.signal.aborted) return;
    this.#alive = false;
    this.#options.onEnded("expired");
  }

  // The incarnation is dead for good: everything held under it goes, and the id is taken anew.
  #lost(cause: "sealed" | "superseded"): void {
    const { lease, log, onEnded } = this.#options;
    const pod = this.#owner?.pod;
    lease.end();
    this.#owner = undefined;
    this.#alive = false;
    onEnded(cause);
    log.warn(`pod ${pod} was ${cause}, starting over as a new incarnation`);
    this.acquire().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) log.error(`pod ${pod} could not start over`, error);
    });
  }
}
