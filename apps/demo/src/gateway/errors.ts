import type { ServerResponse } from "node:http";
import { ExecutorError, type Route } from "@route/executor";

/** An answer that the gateway gives itself. */
export class GatewayError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "GatewayError";
    this.status = status;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What the router throws, as an answer. */
export const toRouteError = (cause: unknown): unknown =>
  cause instanceof ExecutorError
    ? new GatewayError(503, cause.code, cause.message, { cause, retryAfterMs: cause.retryAfterMs ?? 1000 })
    : cause;

/**
 * How sending a request failed. `not-sent`: it certainly did not run. `stale`: the pod closed a kept connection, most
 * likely before it read the request. `broken`, `timeout`: it may have run.
 */
export type FailureKind = "not-sent" | "stale" | "broken" | "timeout";

/** What a pod has failed to do, as an answer. */
export const toPodError = ({ pod }: Route, kind: FailureKind, cause: Error): GatewayError => {
  if (cause instanceof GatewayError) return cause;
  switch (kind) {
    case "not-sent": {
      const message = `pod ${pod} accepts no connection, and its lease has not ended yet`;
      return new GatewayError(503, "POD_UNREACHABLE", message, { cause, retryAfterMs: 1000 });
    }
    case "timeout":
      return new GatewayError(504, "POD_TIMEOUT", `pod ${pod} did not answer in time`, { cause });
    default:
      return new GatewayError(502, "POD_RESET", `pod ${pod} broke off the connection (${cause.message})`, { cause });
  }
};

/** Whatever went wrong, as an answer. */
export const toGatewayError = (cause: unknown): GatewayError =>
  cause instanceof GatewayError
    ? cause
    : new GatewayError(502, "GATEWAY_ERROR", "the request could not be forwarded", { cause });

/** Sends `value` as JSON with a known length. */
export const sendJson = (res: ServerResponse, status: number, value: unknown): void => {
  const body = `${JSON.stringify(value)}\n`;
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  res.end(body);
};

/** Answers with the error as JSON; once the pod's answer has begun, only the connection can tell of it. */
export const sendError = (res: ServerResponse, error: GatewayError): void => {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  if (error.retryAfterMs !== undefined) res.setHeader("retry-after", Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
  sendJson(res, error.status, { error: { code: error.code, message: error.message } });
};
