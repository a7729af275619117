import { IndexedHeap } from "./indexed-heap.ts";
import type { Candidate, Sample, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

/** After so many ms without news half of an estimate is forgotten: a pod that was slow is tried again. */
const HALF_LIFE_MS = 1000;
/** The estimate of a pod nobody has heard of yet: better than any real one, once. */
const UNKNOWN_MS = 0.001;

/**
 * The least decayed response time times requests in flight, per weight, exactly and over all pods, in O(log n).
 *
 * All estimates fade at one rate, so their order does not change with time: the heap holds log2(cost) + heard / half-life,
 * which is fixed until the pod's next event, and no pod needs to be touched for the others to grow old.
 */
export class LeastResponseTime implements Strategy {
  readonly #time: { readonly nowMs: number };
  readonly #order = new IndexedHeap<Candidate>();
  /** By slot. */
  readonly #latencyMs: number[] = [];
  readonly #heardAtMs: number[] = [];
  readonly #pods: Candidate[] = [];

  constructor({ time }: StrategyEnvironment) {
    this.#time = time;
  }

  join(pod: Candidate): void {
    while (this.#latencyMs.length <= pod.slot) {
      this.#latencyMs.push(UNKNOWN_MS);
      this.#heardAtMs.push(this.#time.nowMs);
    }
    this.#pods[pod.slot] = pod;
    this.#order.add(pod, this.#rank(pod));
  }

  leave(pod: Candidate): void {
    this.#order.remove(pod);
  }

  forget({ slot }: Candidate): void {
    this.#latencyMs[slot] = UNKNOWN_MS;
    this.#heardAtMs[slot] = this.#time.nowMs;
  }

  reweighed(pod: Candidate): void {
    this.#order.change(pod, this.#rank(pod));
  }

  select(): number | undefined {
    return this.#order.first()?.slot;
  }

  counted(slot: number): void {
    const pod = this.#pods[slot]!;
    this.#order.change(pod, this.#rank(pod));
  }

  observed(slot: number, { ok, latencyMs }: Sample): void {
    if (ok && latencyMs >= 0) this.#learn(slot, latencyMs);
    // An error is news, too: it says nothing of the latency, but the estimate must not fade meanwhile.
    else this.#heardAtMs[slot] = this.#time.nowMs;
    this.counted(slot);
  }

  explain(): StrategyReason {
    const pod = this.#order.first();
    const considered = pod === undefined ? [] : [{ podId: pod.podId, cost: this.#cost(pod) }];
    return { reason: "the least decayed response time times requests in flight, per weight", considered };
  }

  #learn(slot: number, latencyMs: number): void {
    const { nowMs } = this.#time;
    const known = this.#latencyMs[slot]!;
    const keep = known === UNKNOWN_MS ? 0 : 2 ** ((this.#heardAtMs[slot]! - nowMs) / HALF_LIFE_MS);
    this.#latencyMs[slot] = Math.max(UNKNOWN_MS, known * keep + latencyMs * (1 - keep));
    this.#heardAtMs[slot] = nowMs;
  }

  #cost(pod: Candidate): number {
    return (this.#latencyMs[pod.slot]! * (pod.inFlight + 1)) / pod.weight;
  }

  #rank(pod: Candidate): number {
    return Math.log2(this.#cost(pod)) + this.#heardAtMs[pod.slot]! / HALF_LIFE_MS;
  }
}
