import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { type Route, wire } from "@route/executor";

// RFC 9110, 7.6.1: meant for one connection only.
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const forwardable = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => {
  const named = headers.connection?.toLowerCase().split(/\s*,\s*/) ?? [];
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name) || named.includes(name) || name.startsWith(wire.headerPrefix))
      continue;
    kept[name] = value;
  }
  return kept;
};

/** What goes to the pod: the client's headers without those of one connection and without any of ours, then ours. */
export const requestHeaders = (
  headers: IncomingHttpHeaders,
  uid: string,
  route: Route,
  secret: string,
  clientAddress: string | undefined,
): OutgoingHttpHeaders => {
  const sent = forwardable(headers);
  // Answered by the gateway's own server before it reads the body.
  delete sent["expect"];
  if (clientAddress) {
    const before = headers["x-forwarded-for"];
    sent["x-forwarded-for"] = before === undefined ? clientAddress : `${before}, ${clientAddress}`;
  }
  return Object.assign(sent, wire.routeHeaders(uid, route.fence, secret));
};

/** What goes back to the client. */
export const responseHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => forwardable(headers);
