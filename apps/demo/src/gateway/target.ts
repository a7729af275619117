import { GatewayError } from "./errors.ts";

/** Where a request line points to, as pods are asked: a path, and the host where the line names one. */
export interface RequestTarget {
  readonly path: string;
  readonly host: string | undefined;
}

/** Turns the absolute form into the origin form (RFC 9112, 3.2). Throws a 400 for forms that no pod can answer. */
export const requestTarget = (url: string): RequestTarget => {
  if (url.startsWith("/")) return { path: url, host: undefined };
  const parsed = /^http:\/\/[^/]/i.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) throw new GatewayError(400, "BAD_REQUEST", "the request line must name a path");
  return { path: `${parsed.pathname}${parsed.search}`, host: parsed.host };
};
