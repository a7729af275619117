import { LoadBalancerError } from "../errors.ts";

interface Waiter<T> {
  readonly attempt: () => T | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Callers that wait for a free place, in order of arrival, at most `maxWaiting` of them and for at most `waitTimeoutMs`. */
export class WaitQueue<T> {
  readonly #waiters = new Set<Waiter<T>>();
  readonly #maxWaiting: number;
  readonly #waitTimeoutMs: number;

  constructor(maxWaiting: number, waitTimeoutMs: number) {
    this.#maxWaiting = maxWaiting;
    this.#waitTimeoutMs = waitTimeoutMs;
  }

  /** How many wait. A plain field: every `done` looks at it. */
  size = 0;

  /** Waits until `attempt` gives something. Rejects with QUEUE_FULL, WAIT_TIMEOUT, CLOSED or the signal's reason. */
  async wait(attempt: () => T | undefined, signal: AbortSignal | undefined): Promise<T> {
    if (this.#waiters.size >= this.#maxWaiting)
      throw new LoadBalancerError("QUEUE_FULL", `${this.#maxWaiting} callers are waiting already`);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiter: Waiter<T> = { attempt, resolve, reject };
    const onAbort = (): void => reject(signal?.reason);
    // Not unref'ed: somebody awaits this very promise, and it lasts no longer than `waitTimeoutMs`.
    const timer = setTimeout(() => {
      reject(new LoadBalancerError("WAIT_TIMEOUT", `no pod had a free place within ${this.#waitTimeoutMs} ms`));
    }, this.#waitTimeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.size = this.#waiters.add(waiter).size;
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      this.#drop(waiter);
    }
  }

  /** Gives what is free to those who came first. */
  serve(): void {
    for (const waiter of this.#waiters) {
      const value = waiter.attempt();
      if (value === undefined) return;
      this.#drop(waiter);
      waiter.resolve(value);
    }
  }

  /** Turns everybody away. */
  close(): void {
    for (const waiter of this.#waiters) waiter.reject(new LoadBalancerError("CLOSED", "the balancer was closed"));
  }

  #drop(waiter: Waiter<T>): void {
    this.#waiters.delete(waiter);
    this.size = this.#waiters.size;
  }
}
