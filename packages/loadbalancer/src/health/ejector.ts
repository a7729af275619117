import type { Fleet } from "../membership/fleet.ts";
import type { Pod } from "../membership/pod.ts";
import type { Draw } from "../random.ts";
import type { Timeline } from "../time.ts";

/** When a pod's answers speak against it. */
export interface EjectionRule {
  readonly consecutiveErrors: number;
  readonly ejectionMs: number;
  readonly maxEjectionMs: number;
  readonly maxEjectedRatio: number;
}

const JITTER_RATIO = 0.2;
const JITTER_STEPS = 1024;

/**
 * Passive health: errors in a row take a pod out, for a time that doubles up to a bound and is jittered, so that gateways
 * that ejected it together do not all return to it together. Then one trial request decides.
 */
export class Ejector {
  readonly #fleet: Fleet;
  readonly #rule: EjectionRule;
  readonly #time: Timeline;
  readonly #draw: Draw;
  readonly #onEjected: () => void;
  readonly #out = new Set<Pod>();
  readonly #trials = new WeakMap<Pod, object>();
  /** When the next pod's time is over, in ms. */
  dueMs: number = Number.POSITIVE_INFINITY;

  constructor(fleet: Fleet, rule: EjectionRule, time: Timeline, draw: Draw, onEjected: () => void) {
    this.#fleet = fleet;
    this.#rule = rule;
    this.#time = time;
    this.#draw = draw;
    this.#onEjected = onEjected;
  }

  /** Pods that are out or on trial. */
  get count(): number {
    return this.#out.size;
  }

  /** One more error in a row. True if that took the pod out. */
  failed(pod: Pod): boolean {
    const { consecutiveErrors, maxEjectedRatio } = this.#rule;
    const errorsInRow = pod.countFailure();
    if (errorsInRow < consecutiveErrors || pod.ejection !== undefined || !pod.willing) return false;
    if (this.#out.size + 1 > this.#fleet.willing * maxEjectedRatio) return false;
    this.#eject(pod, `${errorsInRow} errors in a row`);
    return true;
  }

  /** Whether the pick that fell on an ejected pod is its trial. */
  tried(pod: Pod, lease: object): void {
    if (pod.ejection?.phase !== "offered") return;
    this.#trials.set(pod, lease);
    this.#move(pod, "tried");
  }

  /** The end of a lease of an ejected pod; only the trial's counts. */
  judge(pod: Pod, lease: object, ok: boolean | undefined): void {
    if (pod.ejection?.phase !== "tried" || this.#trials.get(pod) !== lease) return;
    if (ok === undefined) this.#move(pod, "offered");
    else if (ok) this.pardon(pod);
    else this.#eject(pod, "the trial request failed");
  }

  /** Offers the pod for another trial, where the first one was never finished. */
  retry(pod: Pod): void {
    if (pod.ejection?.phase === "tried") this.#move(pod, "offered");
  }

  /** Offers the pods whose time is over for one trial request each. */
  settle(): void {
    const { nowMs } = this.#time;
    this.dueMs = Number.POSITIVE_INFINITY;
    for (const pod of this.#out) {
      const ejection = pod.ejection!;
      if (ejection.phase !== "out") continue;
      if (nowMs >= ejection.untilMs) this.#move(pod, "offered");
      else this.dueMs = Math.min(this.dueMs, ejection.untilMs);
    }
  }

  /** Takes the pod back. */
  pardon(pod: Pod): void {
    if (!this.#out.delete(pod)) return;
    this.#trials.delete(pod);
    pod.returnedAtMs = this.#time.nowMs;
    pod.forgiveErrors();
    this.#fleet.change(pod, () => {
      pod.ejection = undefined;
    });
  }

  #eject(pod: Pod, reason: string): void {
    const { ejectionMs, maxEjectionMs } = this.#rule;
    const nowMs = this.#time.read();
    if (pod.ejection === undefined && nowMs - pod.returnedAtMs > maxEjectionMs) pod.ejectionsInRow = 0;
    const plainMs = Math.min(maxEjectionMs, ejectionMs * 2 ** pod.ejectionsInRow);
    const untilMs = nowMs + plainMs * (1 + (JITTER_RATIO * this.#draw.below(JITTER_STEPS)) / JITTER_STEPS);
    pod.ejections++;
    pod.ejectionsInRow++;
    this.#out.add(pod);
    this.#trials.delete(pod);
    this.dueMs = Math.min(this.dueMs, untilMs);
    this.#fleet.change(pod, () => {
      pod.ejection = { reason, untilMs, phase: "out" };
    });
    this.#onEjected();
  }

  #move(pod: Pod, phase: "offered" | "tried"): void {
    this.#fleet.change(pod, () => {
      pod.ejection!.phase = phase;
    });
  }
}
