import { setImmediate as nextTurn } from "node:timers/promises";
import { BufferPool } from "../buffer-pool.ts";
import { TracingError } from "../errors.ts";
import { metricNames } from "../metric-names.ts";
import type { Clock, LogPort, MetricsPort, Random } from "../ports.ts";
import { BackPressure, backoffMs, retryAfterMs } from "./back-pressure.ts";
import { type Compression, compress } from "./compression.ts";
import { readPartialSuccess } from "./export-response.ts";
import { type HttpAnswer, type HttpPost, postHttp } from "./http-request.ts";
import type { OtlpRequest } from "./otlp-request.ts";
import { pause } from "./pause.ts";

/** How requests are delivered. */
export interface DeliveryOptions extends Pick<HttpPost, "url" | "agent" | "timeoutMs" | "maxResponseBytes"> {
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: Compression;
  readonly compressionLevel: number;
  readonly minCompressBytes: number;
  readonly retryForMs: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
  readonly metrics?: MetricsPort | undefined;
}

/** Spans by outcome. */
export interface DeliveryCounts {
  readonly accepted: number;
  readonly rejected: number;
}

/** Counts of one {@link HttpDelivery}. */
export interface DeliveryStats {
  requests: number;
  retries: number;
  sentBytes: number;
  bodyBytes: number;
}

/** The statuses that the OTLP specification lets a client retry. */
const retryableStatuses: readonly number[] = [429, 502, 503, 504];
const tooLarge = 413;
/** What receivers answer to a compression that they do not know. */
const unknownEncoding: readonly number[] = [400, 415];
const gzipLevel = 6;

/** Delivers requests to one receiver: compresses, retries, heeds Retry-After for all requests together, splits what is too large. */
export class HttpDelivery {
  readonly stats: DeliveryStats = { requests: 0, retries: 0, sentBytes: 0, bodyBytes: 0 };
  readonly #options: DeliveryOptions;
  readonly #pressure = new BackPressure();
  readonly #buffers = new BufferPool();
  #compression: Compression;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#compression = options.compression;
  }

  /** Resolves when the receiver has taken the request. Rejects with `export-failed`, or with the signal's reason. */
  async deliver(request: OtlpRequest, signal: AbortSignal | undefined): Promise<DeliveryCounts> {
    const giveUpAt = this.#options.clock() + this.#options.retryForMs;
    for (let attempt = 0; ; attempt++) {
      await this.#heedPressure(giveUpAt, signal);
      const compression = this.#compression;
      const answer = await this.#post(request, signal).catch((error: unknown) => error);
      signal?.throwIfAborted();
      if (answer instanceof TracingError) throw answer;
      if (!isAnswer(answer)) await this.#retryLater(attempt, undefined, giveUpAt, answer, signal);
      else if (answer.status >= 200 && answer.status < 300) return this.#accepted(request, answer);
      else if (answer.status === tooLarge) return this.#deliverHalves(request, signal);
      else if (compression === "zstd" && unknownEncoding.includes(answer.status)) this.#fallBackToGzip(answer.status);
      else if (retryableStatuses.includes(answer.status))
        await this.#retryLater(attempt, answer, giveUpAt, undefined, signal);
      else throw refused(answer.status);
      this.stats.retries++;
    }
  }

  async #post(request: OtlpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const { url, agent, timeoutMs, maxResponseBytes, headers } = this.#options;
    const { body, encoding } = await this.#compressed(request.body);
    const sizeBytes = body.reduce((sum, part) => sum + part.length, 0);
    this.stats.requests++;
    this.stats.sentBytes += sizeBytes;
    return postHttp({
      url,
      agent,
      timeoutMs,
      maxResponseBytes,
      signal,
      body,
      // Some proxies refuse chunked uploads (411), so the length is always given.
      headers: { ...headers, "content-length": sizeBytes, ...(encoding && { "content-encoding": encoding }) },
    });
  }

  async #compressed(parts: readonly Uint8Array[]): Promise<{ body: readonly Uint8Array[]; encoding?: Compression }> {
    const compression = this.#compression;
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.stats.bodyBytes += sizeBytes;
    if (compression === "none" || sizeBytes < this.#options.minCompressBytes) return { body: parts };
    // A batch arrives here in the turn that framed it. Copying it and starting the compression is work for another one.
    await nextTurn();
    const level = compression === this.#options.compression ? this.#options.compressionLevel : gzipLevel;
    const body = await this.#joined(parts, sizeBytes, (whole) => compress(whole, compression, level));
    const { metrics } = this.#options;
    metrics?.observe(metricNames.originalBytes, sizeBytes);
    metrics?.observe(metricNames.compressedBytes, body.length);
    metrics?.observe(metricNames.compressionRatio, body.length / sizeBytes);
    return { body: [body], encoding: compression };
  }

  /** Joins `parts` in memory that is used again: fresh pages for each batch would cost more than the copy. */
  async #joined(
    parts: readonly Uint8Array[],
    sizeBytes: number,
    use: (whole: Uint8Array) => Promise<Buffer>,
  ): Promise<Buffer> {
    const [only] = parts;
    if (parts.length === 1 && only) return use(only);
    const memory = this.#buffers.acquire(sizeBytes);
    let at = 0;
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
    try {
      return await use(memory.subarray(0, sizeBytes));
    } finally {
      this.#buffers.release(memory);
    }
  }

  #accepted(request: OtlpRequest, answer: HttpAnswer): DeliveryCounts {
    const { rejectedSpans, message } = readPartialSuccess(answer.body, answer.headers["content-type"]);
    const rejected = Math.min(rejectedSpans, request.spanCount);
    if (message) this.#options.log.warn(`The receiver rejected ${rejected} of ${request.spanCount} spans: ${message}`);
    return { accepted: request.spanCount - rejected, rejected };
  }

  /** A half that fails does not take the other one with it: only its spans are missing in the counts. */
  async #deliverHalves(request: OtlpRequest, signal: AbortSignal | undefined): Promise<DeliveryCounts> {
    const halves = request.split();
    if (halves === undefined) throw refused(tooLarge);
    const results = await Promise.allSettled(halves.map((half) => this.deliver(half, signal)));
    const delivered = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    if (delivered.length === 0) throw (results[0] as PromiseRejectedResult).reason;
    return {
      accepted: delivered.reduce((sum, counts) => sum + counts.accepted, 0),
      rejected: delivered.reduce((sum, counts) => sum + counts.rejected, 0),
    };
  }

  #fallBackToGzip(status: number): void {
    this.#compression = "gzip";
    this.#options.log.warn(`The receiver answered ${status} to zstd: gzip is used from now on`);
  }

  async #heedPressure(giveUpAt: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const now = this.#options.clock();
      const waitMs = this.#pressure.waitMs(now);
      if (waitMs <= 0) return;
      if (now + waitMs > giveUpAt) throw exhausted(undefined);
      await pause(waitMs, signal);
    }
  }

  async #retryLater(
    attempt: number,
    answer: HttpAnswer | undefined,
    giveUpAt: number,
    cause: unknown,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { clock, random, initialBackoffMs, maxBackoffMs } = this.#options;
    const own = backoffMs(attempt, initialBackoffMs, maxBackoffMs, random);
    // A receiver that says 0 still gets the back-off: at once would be a busy loop.
    const asked = answer && retryAfterMs(answer.headers, Date.now());
    const now = clock();
    if (asked !== undefined) this.#pressure.pauseUntil(now + asked);
    const waitMs = asked === undefined || asked < own ? own : asked;
    if (now + waitMs > giveUpAt) throw exhausted(cause ?? refused(answer?.status ?? 0));
    await pause(waitMs, signal);
  }
}

const isAnswer = (value: unknown): value is HttpAnswer =>
  typeof value === "object" && value !== null && "status" in value;

const refused = (status: number): TracingError =>
  new TracingError("export-failed", `The receiver answered ${status}`, {
    retryable: retryableStatuses.includes(status),
  });

const exhausted = (cause: unknown): TracingError =>
  new TracingError("export-failed", "The retry time is used up", { cause, retryable: true, outcome: "unknown" });
