import type { ServerResponse } from "node:http";

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
