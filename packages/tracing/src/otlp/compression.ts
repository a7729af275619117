import { promisify } from "node:util";
import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from "node:zlib";

/** How a request body is compressed. `zstd` is not part of the OTLP specification: many receivers take it, not all. */
export type Compression = "none" | "gzip" | "zstd";

/** All values of {@link Compression}. */
export const compressions: readonly Compression[] = Object.freeze(["none", "gzip", "zstd"]);

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);
const zstdAsync = promisify(zstdCompress);
const unzstdAsync = promisify(zstdDecompress);

/** Output comes in one piece nearly always: each further one is a round trip to the thread pool. Spans shrink to an eighth or less. */
const minChunkBytes = 16_384;
const chunkSizeOf = (body: Uint8Array): number => Math.max(minChunkBytes, body.length >>> 2);

/** Compresses on libuv's thread pool; the event loop only hands the bytes over. */
export const compress = (
  body: Uint8Array,
  compression: Exclude<Compression, "none">,
  level: number,
): Promise<Buffer> =>
  compression === "gzip"
    ? gzipAsync(body, { level, chunkSize: chunkSizeOf(body) })
    : zstdAsync(body, { chunkSize: chunkSizeOf(body), params: { [constants.ZSTD_c_compressionLevel]: level } });

/** Undoes {@link compress}, on the thread pool too. */
export const decompress = (body: Uint8Array, compression: Exclude<Compression, "none">): Promise<Buffer> =>
  compression === "gzip" ? gunzipAsync(body) : unzstdAsync(body);
