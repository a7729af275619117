import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { Pool } from "undici";
import type { Body } from "./body.ts";

/** A pod's answer. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable & { dump(options?: { limit: number }): Promise<void> };
}

/** What is sent to a pod. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Body["content"];
  readonly signal: AbortSignal;
}

/** Pods come and go with new addresses: pools that were not used for so long are closed. */
const idlePoolMs = 60_000;

/** One undici pool per pod address. */
export class Upstreams {
  readonly #pools = new Map<string, { readonly pool: Pool; usedAtMs: number }>();
  readonly #timeoutMs: number;
  #sweptAtMs = 0;

  /** `timeoutMs`: the longest wait for the head of an answer, and between two parts of its body. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  async request(address: string, { method, path, headers, body, signal }: UpstreamRequest): Promise<UpstreamAnswer> {
    const answer = await this.#pool(address).request({ method, path, headers, body, signal });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
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
    const pool = new Pool(`http://${address}`, {
      connections: 64,
      connectTimeout: 1000,
      // Below the time after which pods close idle connections, so that a request never meets a closing one.
      keepAliveTimeout: 4000,
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
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
      pool.close().catch(() => undefined);
    }
  }
}
