import type { Agent, IncomingHttpHeaders } from "node:http";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

/** One POST. */
export interface HttpPost {
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** The answer to a {@link HttpPost}. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends one request and reads its answer. Rejects on a broken connection, after `timeoutMs`, and over `maxResponseBytes`. */
export const postHttp = ({
  url,
  agent,
  headers,
  body,
  timeoutMs,
  maxResponseBytes,
  signal,
}: HttpPost): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? tlsRequest : plainRequest;
    const request = send(url, { method: "POST", agent, headers, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on("data", (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > maxResponseBytes)
          request.destroy(new Error(`The answer is larger than ${maxResponseBytes} bytes`));
        else chunks.push(chunk);
      });
      response.once("error", fail);
      response.once("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => request.destroy(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs).unref();
    request.once("error", fail);
    for (const part of body) request.write(part);
    request.end();
  });
