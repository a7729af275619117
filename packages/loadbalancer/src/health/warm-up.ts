import type { Fleet } from "../membership/fleet.ts";
import type { Pod } from "../membership/pod.ts";
import type { Timeline } from "../time.ts";

const STEPS = 16;
const FIRST_SHARE = 0.1;

/** Slow start: a pod that joins a working fleet gets a growing weight, in sixteen steps from a tenth to all of it. */
export class WarmUp {
  readonly #fleet: Fleet;
  readonly #time: Timeline;
  readonly #slowStartMs: number;
  readonly #since = new Map<Pod, number>();
  /** When the next step is due, in ms. */
  dueMs: number = Number.POSITIVE_INFINITY;

  constructor(fleet: Fleet, time: Timeline, slowStartMs: number) {
    this.#fleet = fleet;
    this.#time = time;
    this.#slowStartMs = slowStartMs;
  }

  /** Pods that are warming up. */
  get count(): number {
    return this.#since.size;
  }

  begin(pod: Pod): void {
    if (this.#slowStartMs === 0) return;
    this.#since.set(pod, this.#time.nowMs);
    this.settle();
  }

  end(pod: Pod): void {
    this.#since.delete(pod);
  }

  /** The weight that the pod has now. */
  weigh(pod: Pod): number {
    const since = this.#since.get(pod);
    if (since === undefined) return pod.configuredWeight;
    const step = Math.floor(((this.#time.nowMs - since) / this.#slowStartMs) * STEPS) / STEPS;
    return pod.configuredWeight * Math.max(FIRST_SHARE, Math.min(1, step));
  }

  /** Takes the steps that are due. */
  settle(): void {
    const { nowMs } = this.#time;
    for (const [pod, since] of this.#since) {
      this.#fleet.reweigh(pod, this.weigh(pod));
      if (nowMs - since >= this.#slowStartMs) this.#since.delete(pod);
    }
    this.dueMs = this.#since.size === 0 ? Number.POSITIVE_INFINITY : nowMs + this.#slowStartMs / STEPS;
  }
}
