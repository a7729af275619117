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
  #reading: Promise<void> | undefined;

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
  leaseLeftMs(record: PodRecord): number {
    return record.leaseLeftMs - (this.#clock.now() - this.#readAtMs);
  }

  /** Begins a refresh in the background when the copy is old. Never fails; at most one try each refresh time. */
  refreshIfOld(): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#readAtMs < this.#refreshMs || nowMs - this.#triedAtMs < this.#refreshMs) return;
    this.refresh().catch(() => undefined);
  }

  /** A copy at most `maxAgeMs` old. */
  async recent(maxAgeMs: number = this.#refreshMs): Promise<void> {
    if (this.#clock.now() - this.#readAtMs > maxAgeMs) await this.refresh();
  }

  /** The copy counts as old from now on. */
  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Joins a read that is under way. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    // The sending time: a lease counted from the answer's arrival would seem longer than it is.
    const sentAtMs = this.#clock.now();
    this.#triedAtMs = sentAtMs;
    const records = await this.#scope.pods();
    this.#records = records;
    this.#byId = new Map(records.map((record) => [record.pod, record]));
    this.#readAtMs = sentAtMs;
  }
}
