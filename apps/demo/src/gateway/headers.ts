import type { IncomingMessage } from "node:http";
import { type Route, wire } from "@route/executor";
import { GatewayError } from "./errors.ts";

// RFC 9110, 7.6.1: meant for one connection only. `expect` is answered here, before the body is read.
const requestHop = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "expect"],
]);
const answerHop = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade"],
]);

/** The headers that a Connection header binds to this connection. */
const namedBy = (connection: string | undefined): string[] => {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return [];
  return connection
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
};

/** A flat list, name and value in turns, spelled as they came in. */
export type RawHeaders = string[];

/** What the gateway adds to a request. */
export interface RequestAdditions {
  readonly uid: string;
  readonly route: Route;
  readonly secret: string;
  readonly trace: Readonly<Record<string, string>> | undefined;
  /** In place of the client's, where the request line names another. */
  readonly host: string | undefined;
}

/** What goes to the pod: the client's headers without those of one connection and without any of ours, then ours. */
export const requestHeaders = (req: IncomingMessage, additions: RequestAdditions): RawHeaders => {
  const { uid, route, secret, trace, host } = additions;
  const { rawHeaders, headers, socket } = req;
  const named = namedBy(headers.connection);
  const sent: RawHeaders = [];
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (requestHop.has(name) || name.startsWith(wire.headerPrefix) || name === "x-forwarded-for") continue;
    // Framing is never a connection's own affair: a client that says so tries to smuggle.
    if (named.length > 0 && named.includes(name) && name !== "host" && name !== "content-length") continue;
    if (trace !== undefined && name in trace) continue;
    if (name === "host") {
      if (++hosts > 1) throw new GatewayError(400, "BAD_REQUEST", "the request has more than one Host header");
      if (host !== undefined) continue;
    }
    sent.push(rawHeaders[at]!, rawHeaders[at + 1]!);
  }
  if (host !== undefined) sent.push("host", host);
  const before = headers["x-forwarded-for"];
  const address = socket?.remoteAddress ?? "unknown";
  sent.push("x-forwarded-for", before === undefined ? address : `${before}, ${address}`);
  const ours = wire.routeHeaders(uid, route.fence, secret);
  for (const name in ours) sent.push(name, ours[name]!);
  for (const name in trace) sent.push(name, trace[name]!);
  return sent;
};

const text = (bytes: Buffer | string): string => (typeof bytes === "string" ? bytes : bytes.toString("latin1"));

/** What goes back to the client. `connection` is the pod's header of that name. */
export const answerHeaders = (
  rawHeaders: readonly (Buffer | string)[],
  connection: string | undefined,
  isChunked: boolean,
): RawHeaders => {
  const named = namedBy(connection);
  const sent: RawHeaders = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const spelled = text(rawHeaders[at]!);
    const name = spelled.toLowerCase();
    if (answerHop.has(name) || name.startsWith(wire.headerPrefix)) continue;
    if (name === "content-length" ? isChunked : named.length > 0 && named.includes(name)) continue;
    sent.push(spelled, text(rawHeaders[at + 1]!));
  }
  return sent;
};

/** The head of a 101 as it came from the pod, without our headers. */
export const upgradeHead = (rawHeaders: readonly (Buffer | string)[], setCookie: string | undefined): string => {
  let head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = text(rawHeaders[at]!);
    if (!name.toLowerCase().startsWith(wire.headerPrefix)) head += `${name}: ${text(rawHeaders[at + 1]!)}\r\n`;
  }
  return setCookie === undefined ? `${head}\r\n` : `${head}set-cookie: ${setCookie}\r\n\r\n`;
};
