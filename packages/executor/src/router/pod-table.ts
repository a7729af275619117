import type { Clock } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { PodId, PodRecord } from "../types.ts";

/** The router's copy of the pods of a service: refreshed when asked and old, one request at a time, kept through failures. */
export class PodTable {
  readonly #scope: ServiceScope;
  readonly #clock: Clock;
  readonly #refreshMs: number;
  #records: readonly PodRecord[] = [];
  #byId: ReadonlyMap<PodId, PodRecord> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #isStale = true;
  #reading: Promise<void> | undefined;
  #rereading: Promise<void> | undefined;

  constructor(scope: ServiceScope, clock: Clock, refreshMs: number) {
    this.#scope = scope;
    this.#clock = clock;
    this.#refreshMs = refreshMs;
  }

  get(pod: PodId): PodRecord | undefined {
    return this.#byId.get(pod);
  }

  all(): readonly PodRecord[] {
    return this.#records;
  }

  /** What is left of a pod's lease by the last copy, counted down locally. */
  leaseLeftMs(record: PodRecord, nowMs: number = this.#clock.now()): number {
    return record.leaseLeftMs - (nowMs - this.#readAtMs);
  }

  /** For how long the uids of a sealed pod wait for its return, counted down likewise. */
  returnLeftMs(record: PodRecord): number {
    return record.returnLeftMs - (this.#clock.now() - this.#readAtMs);
  }

  /** Whether the pod can serve what it holds. */
  isLiving(record: PodRecord): boolean {
    return !record.sealed && this.leaseLeftMs(record) > 0;
  }

  /** Begins a refresh in the background when the copy is old. Never fails; at most one try each refresh time. */
  refreshIfOld(nowMs: number): void {
    if (nowMs - this.#triedAtMs < this.#refreshMs) return;
    this.refresh().catch(() => undefined);
  }

  /** A copy that is not old. */
  async recent(): Promise<void> {
    if (this.#isStale || this.#clock.now() - this.#readAtMs > this.#refreshMs) await this.refresh();
  }

  /** The copy counts as old from now on. What it says still counts where nothing better is at hand. */
  expire(): void {
    this.#isStale = true;
  }

  /** The copy is wrong: reads it again in the background. Many changes during one read cost one read more. */
  reread(): void {
    this.expire();
    this.#rereading ??= this.#readUntilFresh().finally(() => {
      this.#rereading = undefined;
    });
  }

  /** Joins a read that is under way. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readUntilFresh(): Promise<void> {
    try {
      await this.#reading;
      while (this.#isStale) await this.refresh();
    } catch {
      // Read again by the next who needs it.
    }
  }

  // Nobody removes the record of a living pod: the store has lost it, and the pod writes it again with its next renewal.
  #lost(found: readonly PodRecord[], nowMs: number): PodRecord[] {
    const pods = new Set(found.map(({ pod }) => pod));
    return this.#records
      .filter(({ pod, sealed }) => !(pods.has(pod) || sealed))
      .map((record) => ({ ...record, leaseLeftMs: this.leaseLeftMs(record, nowMs) }))
      .filter(({ leaseLeftMs }) => leaseLeftMs > 0);
  }

  async #read(): Promise<void> {
    // The sending time: a lease counted from the answer's arrival would seem longer than it is.
    const sentAtMs = this.#clock.now();
    this.#triedAtMs = sentAtMs;
    // What happens from here on may not be in the answer.
    this.#isStale = false;
    try {
      const found = await this.#scope.pods();
      this.#records = [...found, ...this.#lost(found, sentAtMs)].sort((a, b) => a.pod - b.pod);
      this.#byId = new Map(this.#records.map((record) => [record.pod, record]));
      this.#readAtMs = sentAtMs;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }
}
