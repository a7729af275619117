/** Work for a worker pool. The signal aborts when the pool is stopped for good. */
export type Task<R> = (signal: AbortSignal) => R | PromiseLike<R>;

/** How one task ended. */
export type TaskResult =
  | { readonly ok: true; readonly value: unknown; readonly waitMs: number; readonly runMs: number }
  | { readonly ok: false; readonly error: unknown; readonly waitMs: number; readonly runMs: number };

/** A task that waits for a worker. */
export interface QueuedTask {
  readonly run: Task<unknown>;
  readonly submittedAt: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}
