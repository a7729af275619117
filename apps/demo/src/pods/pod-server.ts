import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Gateways that have not heard yet that a pod has left ask it for so long at most. */
const lingerMs = 500;

/** Listens on loopback. */
export const openPodServer = async (): Promise<Server> => {
  // Gateways keep connections for 4 s; the pod must not be the one to close them first.
  const server = createServer({ keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
};

/** `host:port`. */
export const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Cuts every connection. */
export const closePodServer = (server: Server): void => {
  server.close();
  server.closeAllConnections();
};

/** The same, but who still comes is refused by the guard for a moment, and sent on, rather than cut off. */
export const leavePodServer = async (server: Server): Promise<void> => {
  await sleep(lingerMs);
  closePodServer(server);
};
