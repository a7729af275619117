import type { Agent, RequestOptions } from "node:http";
import { urlToHttpOptions } from "node:url";
import { TracingError } from "../errors.ts";
import type { Clock, LogPort, Random } from "../ports.ts";
import { BackPressure, backoffMs, retryAfterMs } from "./back-pressure.ts";
import type { EncodedTraces } from "./encoded-traces.ts";
import { readPartialSuccess } from "./export-response.ts";
import { type HttpAnswer, type HttpPost, postHttp } from "./http-request.ts";
import { pause } from "./pause.ts";
import type { PackedRequest, RequestPacker } from "./request-packer.ts";

/** How requests are delivered. */
export interface DeliveryOptions extends Pick<HttpPost, "timeoutMs" | "maxResponseBytes"> {
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryForMs: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
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

/** Delivers requests to one receiver: retries, heeds Retry-After for all requests together, splits what is too large. */
export class HttpDelivery {
  readonly stats: DeliveryStats = { requests: 0, retries: 0, sentBytes: 0, bodyBytes: 0 };
  readonly #options: DeliveryOptions;
  readonly #pressure = new BackPressure();
  readonly #packer: RequestPacker;
  readonly #target: RequestOptions;
  /** The receiver's last answer let a request down: told once, until it takes one again. */
  #troubled = false;
  /** Why the last request was not taken whole: told once, until one is, or there is another reason. */
  #rejection = "";

  constructor(options: DeliveryOptions, packer: RequestPacker) {
    this.#options = options;
    this.#target = { ...urlToHttpOptions(options.url), agent: options.agent };
    this.#packer = packer;
  }

  /** Resolves when the receiver has taken the request. Rejects with `export-failed`, or with the signal's reason. */
  async deliver(request: PackedRequest, signal: AbortSignal | undefined): Promise<DeliveryCounts> {
    const giveUpAt = this.#options.clock() + this.#options.retryForMs;
    let packed = request;
    for (let attempt = 0; ; attempt++) {
      await this.#heedPressure(signal);
      if (this.#isOutdated(packed)) packed = await this.#packer.pack(await packed.unpack());
      const answer = await this.#post(packed, signal).catch((error: unknown) => error);
      signal?.throwIfAborted();
      if (answer instanceof TracingError) throw answer;
      if (!isAnswer(answer)) await this.#retryLater(attempt, undefined, giveUpAt, answer, signal);
      else if (answer.status >= 200 && answer.status < 300) return this.#accepted(packed, answer);
      else if (answer.status === tooLarge) return this.#deliverHalves(packed, signal);
      else if (packed.compression === "zstd" && unknownEncoding.includes(answer.status))
        this.#fallBackToGzip(answer.status);
      else if (retryableStatuses.includes(answer.status))
        await this.#retryLater(attempt, answer, giveUpAt, undefined, signal);
      else throw refused(answer.status);
      this.stats.retries++;
    }
  }

  /** Packed with zstd before the receiver turned out not to know it. */
  #isOutdated({ compression }: PackedRequest): boolean {
    return compression === "zstd" && this.#packer.compression !== "zstd";
  }

  #post(
    { body, sizeBytes, originalBytes, compression }: PackedRequest,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const { timeoutMs, maxResponseBytes, headers } = this.#options;
    this.stats.requests++;
    this.stats.bodyBytes += originalBytes;
    this.stats.sentBytes += sizeBytes;
    const coding = compression === "none" ? undefined : { "content-encoding": compression };
    // Some proxies refuse chunked uploads (411), so the length is always given.
    const target = { ...this.#target, headers: { ...headers, ...coding, "content-length": sizeBytes } };
    return postHttp({ target, body, timeoutMs, maxResponseBytes, signal });
  }

  #accepted(request: PackedRequest, answer: HttpAnswer): DeliveryCounts {
    this.#troubled = false;
    const { rejectedSpans, message } = readPartialSuccess(answer.body, answer.headers["content-type"]);
    const rejected = Math.min(rejectedSpans, request.spanCount);
    if (message !== this.#rejection && message !== "")
      this.#options.log.warn(`The receiver rejected ${rejected} of ${request.spanCount} spans: ${message}`);
    this.#rejection = message;
    return { accepted: request.spanCount - rejected, rejected };
  }

  /** A half that fails does not take the other one with it: only its spans are missing in the counts. */
  async #deliverHalves(request: PackedRequest, signal: AbortSignal | undefined): Promise<DeliveryCounts> {
    const halves = (await request.unpack()).split();
    if (halves === undefined) throw refused(tooLarge);
    const deliver = async (half: EncodedTraces): Promise<DeliveryCounts> =>
      this.deliver(await this.#packer.pack(half), signal);
    const results = await Promise.allSettled(halves.map(deliver));
    const delivered = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    if (delivered.length === 0) throw (results[0] as PromiseRejectedResult).reason;
    return {
      accepted: delivered.reduce((sum, counts) => sum + counts.accepted, 0),
      rejected: delivered.reduce((sum, counts) => sum + counts.rejected, 0),
    };
  }

  #fallBackToGzip(status: number): void {
    this.#packer.fallBackToGzip();
    this.#options.log.warn(`The receiver answered ${status} to zstd: gzip is used from now on`);
  }

  async #heedPressure(signal: AbortSignal | undefined): Promise<void> {
    for (let waitMs = this.#pauseMs(); waitMs > 0; waitMs = this.#pauseMs()) await pause(waitMs, signal);
  }

  #pauseMs(): number {
    return this.#pressure.waitMs(this.#options.clock());
  }

  /** Waits for the back-off, or lets the shared pause do it that the receiver asked for: that one may pass `giveUpAt`. */
  async #retryLater(
    attempt: number,
    answer: HttpAnswer | undefined,
    giveUpAt: number,
    cause: unknown,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { clock, random, initialBackoffMs, maxBackoffMs } = this.#options;
    const ownMs = backoffMs(attempt, initialBackoffMs, maxBackoffMs, random);
    // A receiver that says 0 still gets the back-off: at once would be a busy loop.
    const askedMs = (answer && retryAfterMs(answer.headers, Date.now())) ?? 0;
    const now = clock();
    const reason = cause ?? refused(answer?.status ?? 0);
    const isAsked = askedMs >= ownMs;
    if (now + (isAsked ? 0 : ownMs) >= giveUpAt) throw exhausted(reason);
    if (!this.#troubled)
      this.#options.log.warn("The receiver does not take spans: they wait and are sent again", reason);
    this.#troubled = true;
    this.#pressure.pauseUntil(now + askedMs);
    if (!isAsked) await pause(ownMs, signal);
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
