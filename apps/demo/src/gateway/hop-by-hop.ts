// RFC 9110, 7.6.1: meant for one connection only.
const hopByHop: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding"],
  "upgrade",
]);

/** Whether a header is for one connection only; `name` in lower case. */
export const isHopByHop = (name: string): boolean => hopByHop.has(name);

/** The headers that a Connection header binds to its connection. Framing is never a connection's own affair. */
export const namedBy = (connection: string | undefined): string[] => {
  if (connection === undefined || connection === "" || connection === "keep-alive" || connection === "close") return [];
  return connection
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "host" && name !== "content-length");
};

/** `headers`, a flat list, without those that `connection` names. */
export const endToEnd = (headers: string[], connection: string): string[] => {
  const named = namedBy(connection);
  if (named.length === 0) return headers;
  return headers.filter((_, at) => !named.includes(headers[at - (at % 2)]!.toLowerCase()));
};
