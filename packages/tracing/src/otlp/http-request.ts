import type { Agent, IncomingHttpHeaders } from "node:http";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { TracingError } from "../errors.ts";

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

const tooLarge = (maxBytes: number): TracingError =>
  new TracingError("export-failed", `The answer is larger than ${maxBytes} bytes`, { outcome: "unknown" });

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
        if (sizeBytes <= maxResponseBytes) chunks.push(chunk);
        else giveUp(tooLarge(maxResponseBytes));
      });
      // `on`, not `once`: a destroyed request may report more than one error, and one without a listener ends the process.
      response.on("error", giveUp);
      response.once("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    const giveUp = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
      request.destroy();
    };
    const timer = setTimeout(() => giveUp(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs).unref();
    request.on("error", giveUp);
    for (const part of body) request.write(part);
    request.end();
  });
