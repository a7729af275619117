import { metricNames } from "../metric-names.ts";
import { type Clock, type MetricsPort, systemClock } from "../ports.ts";
import { requireInteger } from "../validation.ts";
import { Ewma } from "./ewma.ts";
import type { Task, TaskResult } from "./task.ts";
import { WorkerPool, type WorkerPoolStats } from "./worker-pool.ts";

/** Options of a {@link DynamicWorkerPool}. */
export interface DynamicWorkerPoolOptions {
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
  /** Tasks that may wait. */
  readonly maxQueued?: number;
  /** Called after each change. */
  readonly onScale?: (workers: number, direction: "up" | "down") => void;
  readonly clock?: Clock;
  readonly metrics?: MetricsPort;
}

/** Counts of a {@link DynamicWorkerPool}. */
export interface DynamicWorkerPoolStats extends WorkerPoolStats {
  readonly scaledUp: number;
  readonly scaledDown: number;
}

/** 1 to 8 tasks at a time, 1,024 waiting. */
export const dynamicWorkerPoolDefaults: Required<Omit<DynamicWorkerPoolOptions, "onScale" | "metrics">> = Object.freeze(
  {
    minWorkers: 1,
    maxWorkers: 8,
    maxQueued: 1_024,
    clock: systemClock,
  },
);

/** Waiting tasks per worker above which a worker is added at once, from the seed design. */
const crowdedQueue = 2;
/** A task this many times slower than usual, or a failed one, halves the workers: the receiver is overloaded. */
const slowFactor = 2;
/** Below this a slow task is noise of the event loop. */
const slowFloorMs = 50;
const usualWeight = 0.1;

/** A {@link WorkerPool} whose size follows queue depth and latency: one more while tasks wait, half after slow or failed ones. */
export class DynamicWorkerPool {
  readonly #pool: WorkerPool;
  readonly #min: number;
  readonly #max: number;
  readonly #onScale: DynamicWorkerPoolOptions["onScale"];
  readonly #metrics: MetricsPort | undefined;
  readonly #usualRunMs = new Ewma(usualWeight);
  #scaledUp = 0;
  #scaledDown = 0;
  #sinceChange = 0;
  #companions = 0;

  constructor(options: DynamicWorkerPoolOptions = {}) {
    const { minWorkers, maxWorkers, maxQueued, clock } = { ...dynamicWorkerPoolDefaults, ...options };
    this.#min = requireInteger("minWorkers", minWorkers, 1);
    this.#max = requireInteger("maxWorkers", maxWorkers, minWorkers);
    this.#onScale = options.onScale;
    const metrics = options.metrics && { metrics: options.metrics };
    this.#metrics = options.metrics;
    this.#pool = new WorkerPool({ workers: minWorkers, maxQueued, clock, ...metrics });
    this.#pool.onResult((result) => this.#follow(result));
  }

  /** As {@link WorkerPool.submit}. */
  submit<R>(task: Task<R>): Promise<R> {
    const result = this.#pool.submit(task);
    const { queued, workers } = this.#pool.stats();
    if (queued > crowdedQueue * workers) this.scaleUp();
    return result;
  }

  /** As {@link WorkerPool.onResult}. */
  onResult(listener: (result: TaskResult) => void): Disposable {
    return this.#pool.onResult(listener);
  }

  /** Adds a worker; false at `maxWorkers`. */
  scaleUp(): boolean {
    return this.#scaleTo(this.#pool.stats().workers + 1);
  }

  /** Takes a worker away once it is free; false at `minWorkers`. */
  scaleDown(): boolean {
    return this.#scaleTo(this.#pool.stats().workers - 1);
  }

  drain(): Promise<void> {
    return this.#pool.drain();
  }

  /** As {@link WorkerPool.stop}. */
  stop(signal?: AbortSignal): Promise<void> {
    return this.#pool.stop(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  stats(): DynamicWorkerPoolStats {
    return { ...this.#pool.stats(), scaledUp: this.#scaledUp, scaledDown: this.#scaledDown };
  }

  #follow({ ok, runMs }: TaskResult): void {
    const usual = this.#usualRunMs.value ?? runMs;
    this.#usualRunMs.add(runMs);
    const { workers, queued, active } = this.#pool.stats();
    this.#sinceChange++;
    if (!ok || runMs > Math.max(slowFloorMs, slowFactor * usual)) {
      // The tasks that ran beside this one saw the same overload: theirs is no further reason.
      if (this.#companions > 0) this.#companions--;
      else {
        this.#companions = workers - 1;
        this.#scaleTo(workers >>> 1);
      }
    } else if (queued > 0) this.scaleUp();
    else if (active < workers >>> 1 && this.#sinceChange >= workers) this.scaleDown();
  }

  #scaleTo(wanted: number): boolean {
    const { workers } = this.#pool.stats();
    const next = Math.min(this.#max, Math.max(this.#min, wanted));
    if (next === workers) return false;
    if (next > workers) this.#scaledUp += next - workers;
    else this.#scaledDown += workers - next;
    this.#sinceChange = 0;
    this.#pool.resize(next);
    this.#onScale?.(next, next > workers ? "up" : "down");
    this.#metrics?.gauge(next > workers ? metricNames.workerScaledUp : metricNames.workerScaledDown, next);
    return true;
  }
}
