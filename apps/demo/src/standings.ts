import type { PodId } from "@route/executor";

/**
 * What new sessions may expect of a pod. `silent`: it has not answered a probe. `trial`: it has, and the next new session
 * decides. `tried`: that one is under way. `good`: it has served. `bad`: what it was sent failed, and it waits.
 */
type Standing =
  | { readonly is: "silent" | "trial" }
  | { readonly is: "tried" | "bad"; readonly untilMs: number }
  | { readonly is: "good"; failuresInRow: number };

const silent: Standing = Object.freeze({ is: "silent" });
const trial: Standing = Object.freeze({ is: "trial" });

/** After so many failures in a row a pod that has served gets no new sessions either. */
const mostFailures = 5;
/** A pod whose trial has failed waits so long for the next one, and twice as long each time. */
const firstWaitMs = 5000;
const longestWaitMs = 300_000;
/** A trial of which nothing is heard is over after this time. */
const trialMs = 10_000;

/**
 * Which pods may take new sessions. Failing is quicker than serving, so that a pod that fails looks free and would be sent
 * everybody: it is sent one, and what becomes of that one decides.
 */
export class Standings {
  readonly #pods = new Map<PodId, Standing>();
  readonly #failedTrials = new Map<PodId, number>();
  /** Those that have ever served. */
  readonly #proven = new Set<PodId>();
  readonly #onChange: (pod: PodId, takesNew: boolean) => void;
  readonly #now: () => number;

  /** `onChange` is told whether a pod takes new sessions from now on. */
  constructor(onChange: (pod: PodId, takesNew: boolean) => void, now: () => number = () => performance.now()) {
    this.#onChange = onChange;
    this.#now = now;
  }

  /** Whether each has answered its last probes. */
  answering(): { readonly podId: PodId; readonly healthy: boolean }[] {
    return [...this.#pods].map(([podId, { is }]) => ({ podId, healthy: is !== "silent" }));
  }

  /** These pods and no others are there. */
  sync(pods: readonly PodId[]): void {
    for (const pod of pods) if (!this.#pods.has(pod)) this.#set(pod, silent);
    if (this.#pods.size === pods.length) return;
    const present = new Set(pods);
    for (const pod of this.#pods.keys()) {
      if (present.has(pod)) continue;
      this.#pods.delete(pod);
      this.#failedTrials.delete(pod);
      this.#proven.delete(pod);
    }
  }

  /** Whether the pod has ever served a request. */
  isProven(pod: PodId): boolean {
    return this.#proven.has(pod);
  }

  probed(pod: PodId, answers: boolean): void {
    const standing = this.#pods.get(pod);
    if (!standing || answers === (standing.is !== "silent")) return;
    this.#set(pod, answers ? trial : silent);
  }

  /** Offers a trial to those whose time has come. */
  settle(): void {
    const nowMs = this.#now();
    for (const [pod, standing] of this.#pods) {
      if ("untilMs" in standing && standing.untilMs <= nowMs) this.#set(pod, trial);
    }
  }

  /** The pod was given a new session. */
  placed(pod: PodId): void {
    if (this.#pods.get(pod)?.is === "trial") this.#set(pod, { is: "tried", untilMs: this.#now() + trialMs });
  }

  /** The pod has served a request, or has failed to. */
  served(pod: PodId, ok: boolean): void {
    const standing = this.#pods.get(pod);
    if (!standing || standing.is === "silent" || standing.is === "bad") return;
    if (standing.is === "good") {
      standing.failuresInRow = ok ? 0 : standing.failuresInRow + 1;
      if (standing.failuresInRow >= mostFailures) this.#fail(pod);
    } else if (ok) {
      this.#proven.add(pod);
      this.#failedTrials.delete(pod);
      this.#set(pod, { is: "good", failuresInRow: 0 });
    } else this.#fail(pod);
  }

  #fail(pod: PodId): void {
    const failed = this.#failedTrials.get(pod) ?? 0;
    this.#failedTrials.set(pod, failed + 1);
    this.#set(pod, { is: "bad", untilMs: this.#now() + Math.min(firstWaitMs * 2 ** failed, longestWaitMs) });
  }

  #set(pod: PodId, standing: Standing): void {
    this.#pods.set(pod, standing);
    this.#onChange(pod, standing.is === "trial" || standing.is === "good");
  }
}
