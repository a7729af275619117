import { setImmediate as nextTurn } from "node:timers/promises";
import { metricNames } from "../metric-names.ts";
import type { MetricsPort } from "../ports.ts";
import { type Compression, compress, decompress } from "./compression.ts";
import type { EncodedTraces } from "./encoded-traces.ts";

/** A request as it goes over the wire, however often. */
export interface PackedRequest {
  readonly spanCount: number;
  readonly compression: Compression;
  /** Bytes of the request before compression. */
  readonly originalBytes: number;
  readonly body: readonly Uint8Array[];
  readonly sizeBytes: number;
  /** The request again, to be split or packed in another way. */
  unpack(): Promise<EncodedTraces>;
}

/** How requests are packed. */
export interface RequestPackerOptions {
  readonly compression: Compression;
  readonly compressionLevel: number;
  readonly minCompressBytes: number;
  readonly metrics?: MetricsPort | undefined;
}

const gzipLevel = 6;

const plain = (traces: EncodedTraces): PackedRequest => ({
  spanCount: traces.spanCount,
  compression: "none",
  originalBytes: traces.sizeBytes,
  body: traces.parts,
  sizeBytes: traces.sizeBytes,
  unpack: () => Promise.resolve(traces),
});

const join = (parts: readonly Uint8Array[], memory: Uint8Array): Uint8Array => {
  let at = 0;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  return memory;
};

/** Compresses requests, one at a time: the thread pool's other threads stay free for files and names. */
export class RequestPacker {
  readonly #minBytes: number;
  readonly #metrics: MetricsPort | undefined;
  #compression: Compression;
  #level: number;
  #last: Promise<unknown> = Promise.resolve();
  #memory: Uint8Array = new Uint8Array(0);

  constructor({ compression, compressionLevel, minCompressBytes, metrics }: RequestPackerOptions) {
    this.#compression = compression;
    this.#level = compressionLevel;
    this.#minBytes = minCompressBytes;
    this.#metrics = metrics;
  }

  /** What the next request is compressed with. */
  get compression(): Compression {
    return this.#compression;
  }

  /** Packs with gzip from now on. */
  fallBackToGzip(): void {
    this.#compression = "gzip";
    this.#level = gzipLevel;
  }

  /** Needs the memory of `traces` only until it resolves, unless nothing is compressed. */
  pack(traces: EncodedTraces): Promise<PackedRequest> {
    if (this.#compression === "none") return Promise.resolve(plain(traces));
    if (traces.sizeBytes < this.#minBytes) return Promise.resolve(copied(traces));
    const packed = this.#last.then(() => this.#compress(traces));
    const ended = (): void => {};
    this.#last = packed.then(ended, ended);
    return packed;
  }

  async #compress(traces: EncodedTraces): Promise<PackedRequest> {
    // Framing, starting the compression and taking its result are a turn's work each.
    await nextTurn();
    const compression = this.#compression === "zstd" ? "zstd" : "gzip";
    const compressed = await compress(this.#join(traces), compression, this.#level);
    await nextTurn();
    // zlib hands out a view of a larger piece of memory; a request that waits for its receiver keeps what it needs.
    const body = Buffer.allocUnsafeSlow(compressed.length);
    body.set(compressed);
    this.#metrics?.observe(metricNames.originalBytes, traces.sizeBytes);
    this.#metrics?.observe(metricNames.compressedBytes, body.length);
    this.#metrics?.observe(metricNames.compressionRatio, body.length / traces.sizeBytes);
    return packedRequest(traces.spanCount, traces.sizeBytes, compression, body, traces.detach());
  }

  /** Joins `parts` in memory that is used again: fresh pages for each batch would cost more than the copy. */
  #join({ parts, sizeBytes }: EncodedTraces): Uint8Array {
    const [only] = parts;
    if (parts.length === 1 && only) return only;
    if (this.#memory.length < sizeBytes) this.#memory = Buffer.allocUnsafeSlow(sizeBytes);
    return join(parts, this.#memory.subarray(0, sizeBytes));
  }
}

const copied = (traces: EncodedTraces): PackedRequest => {
  const body = join(traces.parts, Buffer.allocUnsafeSlow(traces.sizeBytes));
  return packedRequest(traces.spanCount, body.length, "none", body, traces.detach());
};

const packedRequest = (
  spanCount: number,
  originalBytes: number,
  compression: Compression,
  body: Uint8Array,
  restore: (copy: Uint8Array) => EncodedTraces,
): PackedRequest => ({
  spanCount,
  compression,
  originalBytes,
  body: [body],
  sizeBytes: body.length,
  unpack: async () => restore(compression === "none" ? body : await decompress(body, compression)),
});
