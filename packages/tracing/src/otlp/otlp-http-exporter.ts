import { Agent as PlainAgent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { context } from "@opentelemetry/api";
import { TracingError } from "../errors.ts";
import { metricNames } from "../metric-names.ts";
import type { Clock, MetricsPort } from "../ports.ts";
import { suppressedContext } from "../suppression.ts";
import type { FinishedSpan, FinishedSpanExporter, SpanExportResult } from "../types.ts";
import type { EncodedTraces } from "./encoded-traces.ts";
import { type DeliveryCounts, type DeliveryStats, HttpDelivery } from "./http-delivery.ts";
import { type OtlpHttpExporterOptions, settingsOf } from "./otlp-http-exporter-options.ts";
import { type PackedRequest, RequestPacker } from "./request-packer.ts";
import { spansRequest } from "./spans-request.ts";

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
    const settings = settingsOf(options);
    const { url, encoding, timeoutMs, clock, maxSockets } = settings;
    this.encoding = encoding;
    this.#clock = clock;
    this.#metrics = options.metrics;
    this.#timeoutMs = timeoutMs;
    const sockets = { keepAlive: true, maxSockets };
    this.#agent = url.protocol === "https:" ? new TlsAgent(sockets) : new PlainAgent(sockets);
    this.#packer = new RequestPacker({ ...settings, metrics: options.metrics });
    this.pack = settings.compression === "none" ? undefined : (traces) => this.#pack(traces);
    const headers = { ...settings.headers, "content-type": contentTypes[encoding] };
    this.#delivery = new HttpDelivery({ ...settings, agent: this.#agent, headers }, this.#packer);
  }

  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    const failed = (error: unknown): void =>
      resultCallback({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
    this.#encodeAndSend(spans).then(() => resultCallback({ code: 0 }), failed);
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

  async #encodeAndSend(spans: readonly FinishedSpan[]): Promise<void> {
    await this.exportEncoded(spansRequest(spans, this.encoding));
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
