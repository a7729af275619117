import type { PodId } from "../types.ts";

/** Asks one pod. Resolves to whether it is healthy; a rejection means no. Should end when the signal aborts. */
export type Probe = (podId: PodId, signal: AbortSignal) => Promise<boolean>;

/** What a probe loop needs of a balancer. */
export interface HealthSink {
  setHealth(podId: PodId, healthy: boolean): unknown;
  stats(): { readonly pods: readonly { readonly podId: PodId; readonly healthy: boolean }[] };
}

/** One answer of a pod to a probe. */
export interface ProbeResult {
  readonly podId: PodId;
  readonly healthy: boolean;
  /** What went wrong where the probe could not be made. */
  readonly cause: unknown;
}

/** Options of a probe loop. */
export interface ProbeLoopOptions {
  /** The balancer that is told. */
  readonly balancer: HealthSink;
  /** How a pod is asked: `httpProbe`, `tcpProbe` or your own. */
  readonly probe: Probe;
  /** Time from one round to the next, in ms. Default 5000. */
  readonly intervalMs?: number;
  /** After which a pod that has not answered counts as failed, in ms. Default 1000. */
  readonly timeoutMs?: number;
  /** Failures in a row after which a healthy pod is unhealthy. Default 3. */
  readonly failureThreshold?: number;
  /** Successes in a row after which an unhealthy pod is healthy. Default 2. */
  readonly successThreshold?: number;
}

/** Asks every pod of a balancer at an interval and reports what it finds. Starts with `start`, stops with `close`. */
export class ProbeLoop implements Disposable {
  readonly #balancer: HealthSink;
  readonly #probe: Probe;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #failureThreshold: number;
  readonly #successThreshold: number;
  /** Answers in a row that contradict what the balancer holds. */
  readonly #contradictions = new Map<PodId, number>();
  readonly #listeners = new Set<(result: ProbeResult) => void>();
  #stop: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws RangeError or TypeError for a bad option. */
  constructor(options: ProbeLoopOptions) {
    requireFunction("balancer.setHealth", options?.balancer?.setHealth);
    requireFunction("balancer.stats", options.balancer.stats);
    requireFunction("probe", options.probe);
    const { intervalMs = 5000, timeoutMs = 1000, failureThreshold = 3, successThreshold = 2 } = options;
    requireWhole("intervalMs", intervalMs);
    requireWhole("timeoutMs", timeoutMs);
    requireWhole("failureThreshold", failureThreshold);
    requireWhole("successThreshold", successThreshold);
    this.#balancer = options.balancer;
    this.#probe = options.probe;
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
    this.#failureThreshold = failureThreshold;
    this.#successThreshold = successThreshold;
  }

  /** Begins with a round at once. A second call does nothing. */
  start(): this {
    if (this.#stop !== undefined) return this;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
    return this;
  }

  /** Hears of each answer, until disposed of. What a listener throws is an uncaught exception; the loop goes on. */
  onResult(listener: (result: ProbeResult) => void): Disposable {
    requireFunction("listener", listener);
    const subscriber = (result: ProbeResult): void => listener(result); // One listener may subscribe twice.
    this.#listeners.add(subscriber);
    return { [Symbol.dispose]: () => void this.#listeners.delete(subscriber) };
  }

  /** Asks every pod once, all at the same time. `start` does this at the interval. */
  async round(signal: AbortSignal = new AbortController().signal): Promise<void> {
    const { pods } = this.#balancer.stats();
    const present = new Set(pods.map(({ podId }) => podId));
    for (const podId of this.#contradictions.keys()) if (!present.has(podId)) this.#contradictions.delete(podId);
    await Promise.all(pods.map(({ podId, healthy }) => this.#ask(podId, healthy, signal)));
  }

  /** Stops asking. A second call does nothing. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stop?.abort();
    this.#stop = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.round(signal);
    if (signal.aborted) return;
    this.#timer = setTimeout(() => void this.#run(signal), this.#intervalMs);
    this.#timer.unref();
  }

  async #ask(podId: PodId, believed: boolean, signal: AbortSignal): Promise<void> {
    let healthy = false;
    let cause: unknown;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
      // A probe that does not heed its signal must not hold up the round.
      healthy = (await Promise.race([this.#probe(podId, limit), rejectionBy(limit)])) === true;
    } catch (error) {
      cause = error;
    }
    if (signal.aborted) return;
    this.#weigh(podId, believed, healthy);
    for (const listener of this.#listeners) {
      try {
        listener({ podId, healthy, cause });
      } catch (error) {
        // As of an event target: it is told to the process, and the loop goes on.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  #weigh(podId: PodId, believed: boolean, healthy: boolean): void {
    if (healthy === believed) {
      this.#contradictions.delete(podId);
      return;
    }
    const inARow = (this.#contradictions.get(podId) ?? 0) + 1;
    const threshold = healthy ? this.#successThreshold : this.#failureThreshold;
    if (inARow < threshold) {
      this.#contradictions.set(podId, inARow);
      return;
    }
    this.#contradictions.delete(podId);
    this.#balancer.setHealth(podId, healthy);
  }
}

const rejectionBy = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** @throws TypeError where it is no function. */
export const requireFunction = (name: string, value: unknown): void => {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, got ${String(value)}`);
};

const requireWhole = (name: string, value: number): void => {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RangeError(`${name} must be a whole number >= 1, got ${String(value)}`);
};
