import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { checkFunction, checkType } from "../checks.ts";

/** Where the requests of a server are recorded; a monitor is one, so is what `monitor.labels()` gives. */
export interface RequestSink {
  recordRequest(durationMs: number, success: boolean): void;
}

/** What {@link instrumentServer} can be told. */
export interface InstrumentOptions {
  /** Whether an answer counts as success. Default: a status below 500 that was sent to its end. */
  readonly isSuccess?: (response: ServerResponse) => boolean;
  /** Requests that are not to be recorded, e.g. scrapes and probes. Default: none. */
  readonly ignore?: (request: IncomingMessage) => boolean;
}

const defaultIsSuccess = (response: ServerResponse): boolean => response.statusCode < 500 && response.writableFinished;

/** Records every request of `server` until it is disposed of: one listener per answer. Throws a `TypeError` for a bad argument. */
export const instrumentServer = (
  server: Pick<Server, "prependListener" | "off">,
  sink: RequestSink,
  options: InstrumentOptions = {},
): Disposable => {
  checkType("server", server, typeof server?.prependListener === "function", "a server of node:http");
  checkFunction("isSuccess", options.isSuccess);
  checkFunction("ignore", options.ignore);
  const { isSuccess = defaultIsSuccess, ignore } = options;

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (ignore?.(request)) return;
    const startedMs = performance.now();
    // A closure, not a property of the response: 30 ns are not worth another shape of every response.
    response.on("close", () => sink.recordRequest(performance.now() - startedMs, Boolean(isSuccess(response))));
  };

  // First, so that the handlers' own synchronous work is measured.
  server.prependListener("request", onRequest);
  return { [Symbol.dispose]: () => void server.off("request", onRequest) };
};
