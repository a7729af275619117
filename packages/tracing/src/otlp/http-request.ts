import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { setImmediate as nextTurn } from "node:timers/promises";
import { TracingError } from "../errors.ts";

/** One POST. */
export interface HttpPost {
  /** Host, path, agent and headers. */
  readonly target: RequestOptions;
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
export const postHttp = async (post: HttpPost): Promise<HttpAnswer> => {
  // A flush keeps the loop longest for making a request, writing it, and reading its answer: each is a turn's only work.
  await nextTurn();
  post.signal?.throwIfAborted();
  const answer = await send(post);
  await nextTurn();
  return answer;
};

const send = ({ target, body, timeoutMs, maxResponseBytes, signal }: HttpPost): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const make = target.protocol === "https:" ? tlsRequest : plainRequest;
    const request = make({ ...target, method: "POST" }, (response) => {
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
        stopWaiting();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    const giveUp = (error: Error): void => {
      stopWaiting();
      reject(error);
      request.destroy();
    };
    const timer = setTimeout(() => giveUp(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs).unref();
    // Not the option `signal` of requests, with which making one takes 1.4 times as long.
    const abort = (): void => giveUp(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const stopWaiting = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    request.on("error", giveUp);
    setImmediate(() => {
      for (const part of body) request.write(part);
      request.end();
    });
  });
