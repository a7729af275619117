import { ExecutorError } from "../errors.ts";
import { eligible, judge, type PlacementRules, type PlacementVerdict } from "../placement/candidates.ts";
import { Placed } from "../placement/placed.ts";
import type { Clock, PlacementPort } from "../ports.ts";
import type { PodId, PodRecord, ServiceName } from "../types.ts";
import type { PodTable } from "./pod-table.ts";

/** What {@link Placer} works with. */
export interface PlacerOptions {
  readonly service: ServiceName;
  readonly pods: PodTable;
  readonly placement: PlacementPort;
  readonly clock: Clock;
  readonly rules: PlacementRules;
}

/** Chooses pods for uids among those that take new ones. */
export class Placer {
  readonly #service: ServiceName;
  readonly #pods: PodTable;
  readonly #placement: PlacementPort;
  readonly #placed: Placed;
  readonly #rules: PlacementRules;

  constructor({ service, pods, placement, clock, rules }: PlacerOptions) {
    this.#service = service;
    this.#pods = pods;
    this.#placement = placement;
    this.#placed = new Placed(clock);
    const leaseLeftMs = (record: PodRecord): number => pods.leaseLeftMs(record);
    this.#rules = { ...rules, leaseLeftMs, held: this.#placed.held };
  }

  /** The pods that take new uids by the last copy of the pod table. */
  candidates(): PodRecord[] {
    return eligible(this.#pods.all(), this.#rules);
  }

  /** Why each pod takes new uids or not, by the last copy of the pod table. */
  verdicts(): Map<PodId, PlacementVerdict> {
    const records = this.#pods.all();
    const verdicts = judge(records, this.#rules);
    return new Map(records.map(({ pod }, index) => [pod, verdicts[index]!]));
  }

  /** The pod for `uid`, counted as placed from here on. Rejects with `NO_LIVE_POD`. */
  async choose(uid: string): Promise<PodRecord> {
    await this.#pods.recent();
    let candidates = this.candidates();
    if (candidates.length === 0) {
      await this.#pods.refresh();
      candidates = this.candidates();
    }
    const pod = candidates.length > 0 ? this.#placement.place(uid, candidates) : undefined;
    const chosen = candidates.find((record) => record.pod === pod);
    if (!chosen) throw this.#noPod(candidates.length);
    this.#placed.add(chosen);
    return chosen;
  }

  #noPod(candidates: number): ExecutorError {
    const { namespace, service } = this.#service;
    const verdicts = [...this.verdicts()].map(([pod, verdict]) => `${pod}: ${verdict}`).join(", ");
    const cause = candidates > 0 ? "the placement refused" : verdicts || "none is on record";
    const message = `no pod of ${namespace}/${service} takes new links (${cause})`;
    return new ExecutorError("NO_LIVE_POD", message, { retryable: true, retryAfterMs: 1000, operation: "resolve" });
  }
}
