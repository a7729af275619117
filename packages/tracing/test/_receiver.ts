import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { type DecodedSpan, decodeTraces } from "./_protos.ts";

export interface ReceivedRequest {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly encodedBytes: number;
  readonly body: Buffer;
}

/** What the receiver does with one request. `undefined`: it accepts it. */
export type Fault = (response: ServerResponse, request: ReceivedRequest) => void;

/** An OTLP receiver on loopback that answers from a script, and keeps the spans of every request that it accepted. */
export interface FaultReceiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Spans of accepted protobuf requests. */
  readonly spans: readonly DecodedSpan[];
  /** Faults for the next requests, one each. */
  script(...faults: (Fault | undefined)[]): void;
  /** Forgets the faults that are left. */
  reset(): void;
  /** Forgets requests and spans. */
  forget(): void;
}

export const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (response) =>
    void response.writeHead(code, headers).end();
export const reset: Fault = (response) => void response.socket?.resetAndDestroy();

const decompress = (body: Buffer, encoding: string | undefined): Promise<Buffer> | Buffer =>
  encoding === "gzip" ? promisify(gunzip)(body) : encoding === "zstd" ? promisify(zstdDecompress)(body) : body;

export const startReceiver = async (): Promise<FaultReceiver> => {
  const requests: ReceivedRequest[] = [];
  const spans: DecodedSpan[] = [];
  const faults: (Fault | undefined)[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("error", () => {});
    incoming.on("end", async () => {
      const raw = Buffer.concat(chunks);
      const body = await decompress(raw, incoming.headers["content-encoding"]);
      const request: ReceivedRequest = {
        at: performance.now(),
        headers: incoming.headers,
        encodedBytes: raw.length,
        body,
      };
      requests.push(request);
      const fault = faults.shift();
      if (fault) return fault(response, request);
      if (incoming.headers["content-type"] === "application/x-protobuf") spans.push(...decodeTraces(body));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    requests,
    spans,
    reset: () => {
      faults.length = 0;
    },
    forget: () => {
      requests.length = 0;
      spans.length = 0;
    },
    script: (...more) => void faults.push(...more),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
