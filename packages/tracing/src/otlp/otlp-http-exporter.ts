import { Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { context } from "@opentelemetry/api";
import { TracingError } from "../errors.ts";
import { metricNames } from "../metric-names.ts";
import { type Clock, type LogPort, type MetricsPort, type Random, silentLog, systemClock } from "../ports.ts";
import { suppressedContext } from "../suppression.ts";
import type { FinishedSpan, FinishedSpanExporter, SpanExportResult } from "../types.ts";
import { requireInteger, requireNumber, requireOneOf } from "../validation.ts";
import { type Compression, compressions } from "./compression.ts";
import type { EncodedTraces } from "./encoded-traces.ts";
import { type DeliveryCounts, type DeliveryStats, HttpDelivery } from "./http-delivery.ts";
import { type PackedRequest, RequestPacker } from "./request-packer.ts";
import { spansRequest } from "./spans-request.ts";

/** Options of an {@link OtlpHttpExporter}. */
export interface OtlpHttpExporterOptions {
  /** The receiver's traces endpoint. */
  readonly url?: string;
  readonly encoding?: "protobuf" | "json";
  readonly compression?: Compression;
  /** 1 to 9 for gzip, 1 to 19 for zstd. Default: gzip 6, zstd 1. */
  readonly compressionLevel?: number;
  /** Smaller bodies are sent as they are: compression would make them larger. */
  readonly minCompressBytes?: number;
  /** Added to every request, e.g. an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Connections at the same time. */
  readonly maxSockets?: number;
  /** For one request and its answer. */
  readonly timeoutMs?: number;
  /** How long a batch is retried before it counts as failed. */
  readonly retryForMs?: number;
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** A larger answer is refused. */
  readonly maxResponseBytes?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: LogPort;
  readonly metrics?: MetricsPort;
}

/** A batch that is compressed and waits to be sent. */
export interface PackedTraces {
  /** What it takes in memory. */
  readonly sizeBytes: number;
  /** As `exportEncoded`. */
  export(signal?: AbortSignal): Promise<DeliveryCounts>;
}

/** Counts of an {@link OtlpHttpExporter}. */
export interface OtlpHttpExporterStats extends Readonly<DeliveryStats> {
  readonly acceptedSpans: number;
  readonly rejectedSpans: number;
  readonly failedSpans: number;
}

/** What an {@link OtlpHttpExporter} does unless told otherwise; times and retries as the Collector has them. */
export const otlpHttpExporterDefaults: Required<Omit<OtlpHttpExporterOptions, "compressionLevel" | "metrics">> =
  Object.freeze({
    url: "http://localhost:4318/v1/traces",
    encoding: "protobuf",
    compression: "gzip",
    minCompressBytes: 1_024,
    headers: Object.freeze({}),
    maxSockets: 8,
    timeoutMs: 10_000,
    retryForMs: 300_000,
    initialBackoffMs: 1_000,
    maxBackoffMs: 30_000,
    maxResponseBytes: 4_194_304,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });

/** Levels that pay: zstd 1 is smaller and several times faster than gzip 6, see the README. */
const defaultLevels: Readonly<Record<Compression, number>> = { none: 0, gzip: 6, zstd: 1 };
const maxLevels: Readonly<Record<Compression, number>> = { none: 0, gzip: 9, zstd: 19 };
const contentTypes = { protobuf: "application/x-protobuf", json: "application/json" } as const;

/** Sends spans to an OTLP/HTTP receiver. Takes span objects from any processor of the SDK, and encoded spans from `SpanPipeline`. */
export class OtlpHttpExporter implements FinishedSpanExporter {
  readonly encoding: "protobuf" | "json";
  /**
   * Compresses encoded spans, which do not need their memory afterwards. Absent where nothing is compressed.
   * A batch is compressed once, however long it waits and however often it is sent.
   */
  readonly pack: ((traces: EncodedTraces) => Promise<PackedTraces>) | undefined;
  readonly #packer: RequestPacker;
  readonly #delivery: HttpDelivery;
  readonly #agent: PlainAgent;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #metrics: MetricsPort | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  #closed = false;
  #acceptedSpans = 0;
  #rejectedSpans = 0;
  #failedSpans = 0;
  #inflightSpans = 0;

  constructor(options: OtlpHttpExporterOptions = {}) {
    const settings = { ...otlpHttpExporterDefaults, ...options };
    const { compression, encoding, timeoutMs } = settings;
    const url = new URL(settings.url);
    requireOneOf("url protocol", url.protocol, ["http:", "https:"]);
    requireOneOf("compression", compression, compressions);
    requireNumber("retryForMs", settings.retryForMs, 0);
    requireNumber("initialBackoffMs", settings.initialBackoffMs, 1);
    requireNumber("maxBackoffMs", settings.maxBackoffMs, settings.initialBackoffMs);
    requireInteger("maxResponseBytes", settings.maxResponseBytes, 0);
    const level = options.compressionLevel ?? defaultLevels[compression];
    this.encoding = requireOneOf("encoding", encoding, ["protobuf", "json"]);
    this.#clock = settings.clock;
    this.#metrics = options.metrics;
    this.#timeoutMs = requireNumber("timeoutMs", timeoutMs, 1);
    const agentOptions = { keepAlive: true, maxSockets: requireInteger("maxSockets", settings.maxSockets, 1) };
    this.#agent = url.protocol === "https:" ? new TlsAgent(agentOptions) : new PlainAgent(agentOptions);
    this.#packer = new RequestPacker({
      ...settings,
      compressionLevel:
        compression === "none" ? 0 : requireInteger("compressionLevel", level, 1, maxLevels[compression]),
    });
    this.pack = compression === "none" ? undefined : (traces) => this.#pack(traces);
    const headers = { ...settings.headers, "content-type": contentTypes[encoding] };
    this.#delivery = new HttpDelivery({ ...settings, url, agent: this.#agent, headers }, this.#packer);
  }

  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    const failed = (error: unknown): void =>
      resultCallback({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
    Promise.try(() => this.exportEncoded(spansRequest(spans, this.encoding))).then(
      () => resultCallback({ code: 0 }),
      failed,
    );
  }

  /** Sends spans that are already encoded as protobuf. Rejects with `export-failed`, `closed`, or the signal's reason. */
  exportEncoded(traces: EncodedTraces, signal?: AbortSignal): Promise<DeliveryCounts> {
    return this.#send(traces.spanCount, () => this.#packer.pack(traces), signal);
  }

  /** Waits for the requests that are under way. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /** Waits up to `timeoutMs` for the requests that are under way, gives the others up and closes the connections. */
  async shutdown(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#abort.abort(closedError()), this.#timeoutMs);
    await Promise.allSettled(this.#running);
    clearTimeout(timer);
    this.#agent.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  stats(): OtlpHttpExporterStats {
    return {
      ...this.#delivery.stats,
      acceptedSpans: this.#acceptedSpans,
      rejectedSpans: this.#rejectedSpans,
      failedSpans: this.#failedSpans,
    };
  }

  async #pack(traces: EncodedTraces): Promise<PackedTraces> {
    const request = await this.#packer.pack(traces);
    return {
      sizeBytes: request.sizeBytes,
      export: (signal) => this.#send(request.spanCount, () => request, signal),
    };
  }

  async #send(
    spanCount: number,
    pack: () => PackedRequest | Promise<PackedRequest>,
    signal: AbortSignal | undefined,
  ): Promise<DeliveryCounts> {
    if (this.#closed) throw closedError();
    const both = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal;
    const startedAt = this.#clock();
    this.#inflight(spanCount);
    const delivery = context.with(suppressedContext, async () => this.#delivery.deliver(await pack(), both));
    this.#running.add(delivery);
    let counts: DeliveryCounts = { accepted: 0, rejected: 0 };
    try {
      counts = await delivery;
      return counts;
    } finally {
      this.#running.delete(delivery);
      this.#inflight(-spanCount);
      this.#count(spanCount, counts);
      this.#metrics?.observe(metricNames.exportSeconds, (this.#clock() - startedAt) / 1_000);
    }
  }

  #inflight(change: number): void {
    this.#inflightSpans += change;
    this.#metrics?.gauge(metricNames.inflight, this.#inflightSpans);
  }

  #count(spans: number, { accepted, rejected }: DeliveryCounts): void {
    const failed = spans - accepted - rejected;
    this.#acceptedSpans += accepted;
    this.#rejectedSpans += rejected;
    this.#failedSpans += failed;
    if (accepted > 0) this.#metrics?.count(metricNames.exported, accepted);
    if (rejected > 0) this.#metrics?.count(metricNames.exported, rejected, { "error.type": "rejected" });
    if (failed > 0) this.#metrics?.count(metricNames.exported, failed, { "error.type": "export_failed" });
  }
}

const closedError = (): TracingError => new TracingError("closed", "The exporter is shut down");
