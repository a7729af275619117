import { context } from "@opentelemetry/api";
import { TracingError } from "../errors.ts";
import { metricNames } from "../metric-names.ts";
import { type Clock, type MetricsPort, systemClock } from "../ports.ts";
import { requireInteger } from "../validation.ts";
import { AdaptiveBuffer } from "./adaptive-buffer.ts";
import type { QueuedTask, Task, TaskResult } from "./task.ts";

/** Options of a {@link WorkerPool}. */
export interface WorkerPoolOptions {
  /** Tasks that run at the same time. */
  readonly workers?: number;
  /** Tasks that may wait. */
  readonly maxQueued?: number;
  readonly clock?: Clock;
  readonly metrics?: MetricsPort;
}

/** Counts of a {@link WorkerPool}. submitted = completed + failed + active + queued + discarded. */
export interface WorkerPoolStats {
  readonly workers: number;
  readonly active: number;
  readonly queued: number;
  readonly submitted: number;
  readonly completed: number;
  readonly failed: number;
  /** Refused because the queue was full or the pool stopped; never part of `submitted`. */
  readonly rejected: number;
  /** Waiting tasks that an aborted stop threw away. */
  readonly discarded: number;
}

/** 4 tasks at a time, 1,024 waiting. */
export const workerPoolDefaults: Required<Omit<WorkerPoolOptions, "metrics">> = Object.freeze({
  workers: 4,
  maxQueued: 1_024,
  clock: systemClock,
});

/** Runs asynchronous tasks, a bounded number at a time, the others waiting in a bounded queue. Each runs in its submitter's context. */
export class WorkerPool {
  readonly #queue: AdaptiveBuffer<QueuedTask>;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(result: TaskResult) => void>();
  readonly #metrics: MetricsPort | undefined;
  readonly #clock: Clock;
  #idle: (() => void)[] = [];
  #workers: number;
  #stopped = false;
  #active = 0;
  #submitted = 0;
  #completed = 0;
  #failed = 0;
  #rejected = 0;
  #discarded = 0;

  constructor(options: WorkerPoolOptions = {}) {
    const { workers, maxQueued, clock } = { ...workerPoolDefaults, ...options };
    this.#clock = clock;
    this.#workers = requireInteger("workers", workers, 1);
    requireInteger("maxQueued", maxQueued, 1);
    const metrics = options.metrics && { metrics: options.metrics };
    this.#metrics = options.metrics;
    this.#queue = new AdaptiveBuffer({ minItems: Math.min(16, maxQueued), maxItems: maxQueued, ...metrics });
  }

  /** Runs `task` as soon as a worker is free. Rejects with `queue-full` or `closed`, or with what the task throws. */
  submit<R>(task: Task<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const queued: QueuedTask = {
        run: context.bind(context.active(), task),
        submittedAt: this.#clock(),
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      if (this.#stopped) return this.#refuse(reject, "closed", "The worker pool is stopped");
      if (this.#active < this.#workers) {
        this.#submitted++;
        void this.#run(queued);
      } else if (this.#queue.offer(queued)) this.#submitted++;
      else
        this.#refuse(reject, "queue-full", `The worker pool has ${this.#queue.size} tasks waiting and takes no more`);
    });
  }

  /** Calls `listener` after each task. Dispose the return value to stop. */
  onResult(listener: (result: TaskResult) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Changes how many tasks run at the same time. Running tasks are never interrupted. */
  resize(workers: number): void {
    this.#workers = requireInteger("workers", workers, 1);
    this.#startNext();
  }

  /** Resolves when no task runs or waits. */
  drain(): Promise<void> {
    return this.#active + this.#queue.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => void this.#idle.push(resolve));
  }

  /** Takes no more tasks and waits for the others. When `signal` aborts, waiting tasks are rejected and running ones told to end. */
  async stop(signal?: AbortSignal): Promise<void> {
    this.#stopped = true;
    const abort = (): void => this.#discardAll(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    await this.drain();
    signal?.removeEventListener("abort", abort);
    this.#queue.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  stats(): WorkerPoolStats {
    return {
      workers: this.#workers,
      active: this.#active,
      queued: this.#queue.size,
      submitted: this.#submitted,
      completed: this.#completed,
      failed: this.#failed,
      rejected: this.#rejected,
      discarded: this.#discarded,
    };
  }

  #refuse(reject: (error: unknown) => void, code: "queue-full" | "closed", message: string): void {
    this.#rejected++;
    reject(new TracingError(code, message, { retryable: code === "queue-full" }));
  }

  async #run(task: QueuedTask): Promise<void> {
    this.#active++;
    const startedAt = this.#clock();
    const waitMs = startedAt - task.submittedAt;
    const timing = (): { waitMs: number; runMs: number } => ({ waitMs, runMs: this.#clock() - startedAt });
    let result: TaskResult;
    try {
      result = { ok: true, value: await task.run(this.#abort.signal), ...timing() };
      this.#completed++;
    } catch (error) {
      result = { ok: false, error, ...timing() };
      this.#failed++;
    }
    this.#finish(result);
    if (result.ok) task.resolve(result.value);
    else task.reject(result.error);
  }

  #finish(result: TaskResult): void {
    this.#active--;
    for (const listener of this.#listeners) tell(listener, result);
    this.#startNext();
    this.#report();
    if (this.#active + this.#queue.size > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #report(): void {
    this.#metrics?.gauge(metricNames.workerActive, this.#active);
    this.#metrics?.gauge(metricNames.workerCompleted, this.#completed);
    this.#metrics?.gauge(metricNames.workerQueueLength, this.#queue.size);
  }

  #startNext(): void {
    while (this.#active < this.#workers) {
      const next = this.#queue.poll();
      if (next === undefined) return;
      void this.#run(next);
    }
  }

  #discardAll(reason: unknown): void {
    this.#abort.abort(reason);
    for (let task = this.#queue.poll(); task !== undefined; task = this.#queue.poll()) {
      this.#discarded++;
      task.reject(new TracingError("closed", "The worker pool stopped before this task ran", { cause: reason }));
    }
  }
}

/** A listener that throws stops no worker and no task: its error is the process's, as if nobody had called it. */
const tell = (listener: (result: TaskResult) => void, result: TaskResult): void => {
  try {
    listener(result);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
