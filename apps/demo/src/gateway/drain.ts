import type { Server } from "node:http";

const sweepMs = 50;

/** Takes no new connection, waits at most `graceMs` for the requests in flight, then closes every connection. */
export const stopServer = async (server: Server, graceMs: number): Promise<void> => {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection becomes idle with its last answer, and nobody else would close it.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
};
