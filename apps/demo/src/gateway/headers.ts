import type { IncomingMessage } from "node:http";
import { type Route, wire } from "@route/executor";
import { GatewayError } from "./errors.ts";
import { isHopByHop, namedBy } from "./hop-by-hop.ts";
import type { RequestTrace } from "./ports.ts";
import type { AnswerHead } from "./upstream/answer-head.ts";
import type { Body } from "./upstream/pod-request.ts";

/** What the gateway adds to a request. */
export interface RequestAdditions {
  readonly uid: string;
  readonly route: Route;
  readonly secret: string;
  readonly trace: Pick<RequestTrace, "traceparent" | "tracestate"> | undefined;
  /** What frames the body, or asks for another protocol: whole lines. */
  readonly framing: string;
}

/** What of a client's request goes no further, beside headers of its connection: what the gateway says itself. */
const ownBusiness: ReadonlySet<string> = new Set([
  ...["content-length", "expect", "proxy-authorization", "x-forwarded-for"],
]);

/**
 * What goes to the pod, without the empty line: the client's headers without those of one connection and without any of
 * ours, then ours. All text of the client's has been through node's parser, which lets no line break pass.
 */
export const requestHead = (req: IncomingMessage, target: RequestTarget, additions: RequestAdditions): string => {
  const { uid, route, secret, trace, framing } = additions;
  const { rawHeaders, headers, socket } = req;
  const named = namedBy(headers.connection);
  const traceparent = trace?.traceparent;
  let head = `${req.method} ${target.path} HTTP/1.1\r\n`;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const spelled = rawHeaders[at]!;
    const name = spelled.toLowerCase();
    if (isHopByHop(name) || ownBusiness.has(name) || name.startsWith(wire.headerPrefix)) continue;
    if (named.length > 0 && named.includes(name)) continue;
    if (traceparent !== undefined && (name === "traceparent" || name === "tracestate")) continue;
    if (name === "host") {
      if (++hosts > 1) throw new GatewayError(400, "BAD_REQUEST", "the request has more than one Host header");
      if (target.host !== undefined) continue;
    }
    head += `${spelled}: ${rawHeaders[at + 1]}\r\n`;
  }
  if (target.host !== undefined) head += `host: ${target.host}\r\n`;
  const before = headers["x-forwarded-for"];
  const address = socket.remoteAddress ?? "unknown";
  head += `x-forwarded-for: ${before === undefined ? "" : `${before}, `}${address}\r\n`;
  head += `${wire.uidHeader}: ${encodeURIComponent(uid)}\r\n${wire.fenceHeader}: ${route.fence}\r\n`;
  head += `${wire.secretHeader}: ${secret}\r\n`;
  if (traceparent !== undefined) {
    head += `traceparent: ${traceparent}\r\n`;
    if (trace?.tracestate !== undefined) head += `tracestate: ${trace.tracestate}\r\n`;
  }
  return head + framing;
};

const takesBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** How the body ends. */
export const framingLines = (method: string, body: Body): string => {
  if (body === null) return takesBody.has(method) ? "content-length: 0\r\n" : "";
  const sizeBytes = Buffer.isBuffer(body) ? body.length : body.lengthBytes;
  return sizeBytes === undefined ? "transfer-encoding: chunked\r\n" : `content-length: ${sizeBytes}\r\n`;
};

/** Which protocol is asked for. */
export const upgradeLines = ({ headers }: IncomingMessage): string =>
  `connection: upgrade\r\nupgrade: ${headers.upgrade}\r\n`;

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

/** The head of a 101 as it came from the pod, without our headers. */
export const upgradeHead = ({ headers }: AnswerHead, setCookie: string | undefined): string => {
  let head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return setCookie === undefined ? `${head}\r\n` : `${head}set-cookie: ${setCookie}\r\n\r\n`;
};
