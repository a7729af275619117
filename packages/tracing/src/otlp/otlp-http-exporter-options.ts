import { validateHeaderName, validateHeaderValue } from "node:http";
import { type Clock, type LogPort, type MetricsPort, type Random, silentLog, systemClock } from "../ports.ts";
import { requireInteger, requireNumber, requireOneOf } from "../validation.ts";
import { type Compression, compressions } from "./compression.ts";

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

/** Options of an exporter with nothing left open. */
export interface OtlpHttpExporterSettings extends Required<Omit<OtlpHttpExporterOptions, "url" | "metrics">> {
  readonly url: URL;
}

const requireHttpUrl = (text: string): URL => {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new TypeError(`url must be an http: or https: URL, got "${text}"`);
};

/** Only names are told: values may be secrets. */
const requireHeaders = (headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new TypeError(`headers must hold valid names and values, which "${name}" is not`, { cause });
    }
  }
};

/** `options` with every default, checked. */
export const settingsOf = (options: OtlpHttpExporterOptions): OtlpHttpExporterSettings => {
  const settings = { ...otlpHttpExporterDefaults, ...options };
  const { compression } = settings;
  const url = requireHttpUrl(settings.url);
  requireHeaders(settings.headers);
  requireOneOf("encoding", settings.encoding, ["protobuf", "json"]);
  requireOneOf("compression", compression, compressions);
  const compressionLevel = options.compressionLevel ?? defaultLevels[compression];
  if (compression !== "none") requireInteger("compressionLevel", compressionLevel, 1, maxLevels[compression]);
  requireInteger("minCompressBytes", settings.minCompressBytes, 0);
  requireInteger("maxSockets", settings.maxSockets, 1);
  requireNumber("timeoutMs", settings.timeoutMs, 1);
  requireNumber("retryForMs", settings.retryForMs, 0);
  requireNumber("initialBackoffMs", settings.initialBackoffMs, 1);
  requireNumber("maxBackoffMs", settings.maxBackoffMs, settings.initialBackoffMs);
  requireInteger("maxResponseBytes", settings.maxResponseBytes, 0);
  return { ...settings, url, compressionLevel };
};
