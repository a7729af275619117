import { type Dispatcher, Pool } from "undici";
import type { Body } from "./body.ts";
import type { RawHeaders } from "./headers.ts";

/** What is sent to a pod. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Body;
  /** The protocol to switch to. */
  readonly upgrade: string | null;
}

/** Options of {@link Upstreams}. */
export interface UpstreamsOptions {
  /** The longest wait for the head of an answer, and between two parts of its body. */
  readonly timeoutMs: number;
  readonly connectionsPerPod: number;
}

/** Pods come and go with new addresses: pools that were not used for so long are closed. */
const idlePoolMs = 60_000;

interface Entry {
  readonly pool: Pool;
  usedAtMs: number;
}

/** One undici pool per pod address. */
export class Upstreams {
  readonly #pools = new Map<string, Entry>();
  readonly #options: UpstreamsOptions;
  #sweptAtMs = 0;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
  }

  /** Sends a request; the handler learns what becomes of it. Throws where the request cannot be sent at all. */
  dispatch(
    address: string,
    { method, path, headers, body, upgrade }: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
  ): void {
    // undici takes any async iterable; its types name streams only.
    const content = body as Buffer | null;
    this.#pool(address).dispatch({ method, path, headers, body: content, upgrade }, handler);
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(({ pool }) => pool.destroy()));
  }

  #pool(address: string): Pool {
    const nowMs = performance.now();
    this.#sweep(nowMs);
    const known = this.#pools.get(address);
    if (known) {
      known.usedAtMs = nowMs;
      return known.pool;
    }
    const { timeoutMs, connectionsPerPod } = this.#options;
    const pool = new Pool(`http://${address}`, {
      connections: connectionsPerPod,
      connectTimeout: 1000,
      // Below the time after which pods close idle connections, so that a request never meets a closing one.
      keepAliveTimeout: 4000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    this.#pools.set(address, { pool, usedAtMs: nowMs });
    return pool;
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < idlePoolMs) return;
    this.#sweptAtMs = nowMs;
    for (const [address, { pool, usedAtMs }] of this.#pools) {
      if (nowMs - usedAtMs < idlePoolMs) continue;
      this.#pools.delete(address);
      // Ends what runs first: a long answer outlives the pool's last request.
      pool.close().catch(() => undefined);
    }
  }
}
