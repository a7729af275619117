import { eligible } from "../placement/candidates.ts";
import type { Clock, PlacementPort } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { Owner, PodId, PodRecord } from "../types.ts";

/** What {@link Targets} works with. */
export interface TargetsOptions {
  readonly scope: ServiceScope;
  readonly clock: Clock;
  readonly placement: PlacementPort;
  readonly self: () => PodId | undefined;
}

/** A look at the pods is used for so long. */
const freshMs = 500;

/** Chooses where uids go that leave this pod. Counts what it sends, so that many at once spread evenly. */
export class Targets {
  readonly #options: TargetsOptions;
  readonly #sent = new Map<PodId, number>();
  #records: readonly PodRecord[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /** A pod for `uid`, among `only` if given; `undefined` if none takes it. Rejects with the store's error. */
  async choose(uid: string, only?: readonly PodId[]): Promise<Owner | undefined> {
    const { placement, self, clock } = this.#options;
    if (clock.now() - this.#readAtMs > freshMs) await this.#refresh();
    const others = this.#records.filter(({ pod }) => pod !== self() && (only?.includes(pod) ?? true));
    const candidates = eligible(others.map((record) => this.#withSent(record)));
    if (candidates.length === 0) return undefined;
    const chosen = placement.place(uid, candidates);
    const record = candidates.find(({ pod }) => pod === chosen);
    if (!record) return undefined;
    this.#sent.set(record.pod, (this.#sent.get(record.pod) ?? 0) + 1);
    return { pod: record.pod, incarnation: record.incarnation };
  }

  /** The pods are looked at again before the next choice: one of them has changed. */
  expire(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  #withSent(record: PodRecord): PodRecord {
    const sent = this.#sent.get(record.pod) ?? 0;
    if (sent === 0) return record;
    return { ...record, load: record.load + sent, held: record.held === undefined ? undefined : record.held + sent };
  }

  #refresh(): Promise<void> {
    const { scope, clock } = this.#options;
    this.#reading ??= (async () => {
      const sentMs = clock.now();
      this.#records = await scope.pods();
      this.#readAtMs = sentMs;
      this.#sent.clear();
    })().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }
}
