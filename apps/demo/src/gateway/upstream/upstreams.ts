import { ConnectionPool } from "./connection-pool.ts";
import type { Patience } from "./pod-connection.ts";
import type { PodRequest } from "./pod-request.ts";

/** Options of {@link Upstreams}. */
export interface UpstreamsOptions {
  /** The longest wait for the head of an answer, and between two parts of its body. */
  readonly timeoutMs: number;
  readonly connectionsPerPod: number;
}

const connectMs = 1000;
// Below the time after which pods close idle connections, 5 s in node:http, so that a request rarely meets a closing one.
const idleMs = 4000;
const maxTickMs = 500;

/** Connections to pods, kept between requests, by address. No request has a timer of its own: all share one, unreferenced. */
export class Upstreams {
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #connectionsPerPod: number;
  readonly #tickMs: number;
  readonly #patience: Patience;
  readonly #ticker = { tick: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor({ timeoutMs, connectionsPerPod }: UpstreamsOptions) {
    this.#connectionsPerPod = connectionsPerPod;
    this.#tickMs = Math.min(Math.ceil(timeoutMs / 4), maxTickMs);
    this.#patience = {
      connectTicks: Math.ceil(connectMs / this.#tickMs),
      answerTicks: Math.ceil(timeoutMs / this.#tickMs),
      idleTicks: Math.ceil(idleMs / this.#tickMs),
    };
  }

  /** Sends a request, which is told what becomes of it. */
  send(address: string, request: PodRequest): void {
    let pool = this.#pools.get(address);
    if (pool === undefined) {
      pool = new ConnectionPool(address, this.#connectionsPerPod, this.#ticker);
      this.#pools.set(address, pool);
      this.#timer ??= setInterval(() => this.#check(), this.#tickMs).unref();
    }
    pool.send(request);
  }

  /** Cuts every connection. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  #check(): void {
    this.#ticker.tick++;
    for (const [address, pool] of this.#pools) {
      pool.check(this.#patience);
      // Pods come and go with new addresses.
      if (pool.isUnused) this.#pools.delete(address);
    }
    if (this.#pools.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
