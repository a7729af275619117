import type { Server } from "node:http";
import type { Socket } from "node:net";

const sweepMs = 50;

/** Ends a server; see {@link createStop}. */
export type Stop = (graceMs: number) => Promise<void>;

/**
 * A function that takes no new connection, closes those that nobody uses, waits at most `graceMs` for requests in flight,
 * and then closes every connection. Make it before the server listens.
 */
export const createStop = (server: Server): Stop => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const closeUnused = (): void => {
    server.closeIdleConnections();
    // To node:http a connection that has not said a word is busy. One whose first head has begun to arrive is.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
  return async (graceMs) => {
    const closed = new Promise((resolve) => server.close(resolve));
    // Not before the first round: what has arrived is read until then. Later on, connections become idle with their last
    // answer, and nobody else would close them.
    const sweep = setInterval(closeUnused, sweepMs);
    const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
  };
};
