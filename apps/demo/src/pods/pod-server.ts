import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { type PodAgent, wire } from "@route/executor";

/** Requests in flight may take so long when a pod stops. */
const graceMs = 1000;

/** But a pod cannot wait for ever for somebody who hears nothing. */
const mostQuiets = 5;

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
const closePodServer = (server: Server): void => {
  server.close();
  server.closeAllConnections();
};

/**
 * The same, once nobody has asked for a uid for `quietMs`: gateways that have not heard yet that the pod has left are
 * refused by the guard and sent on, not cut off.
 */
export const leavePodServer = async (server: Server, quietMs = 1000): Promise<void> => {
  let wasAsked = true;
  server.prependListener("request", ({ headers }, res) => {
    wasAsked ||= headers[wire.uidHeader] !== undefined;
    res.shouldKeepAlive = false;
  });
  for (let quiets = 0; wasAsked && quiets < mostQuiets; quiets++) {
    wasAsked = false;
    await sleep(quietMs);
    // On a busy machine requests may wait that have come long before.
    await nextTurn();
  }
  closePodServer(server);
};

/** The agent first: it refuses what is new and waits for what runs, so that no other pod can hold these uids before. */
export const stopPod = async (agent: PodAgent, server: Server): Promise<void> => {
  await agent.stop({ graceMs });
  closePodServer(server);
};

/** Hands what the pod holds over to the other pods, for `drainMs` at most, then stops. */
export const drainPod = async (agent: PodAgent, server: Server, drainMs: number): Promise<void> => {
  // Each also where the store did not answer the one before: whoever asks meanwhile is refused, not cut off.
  try {
    await agent.drain({ signal: AbortSignal.timeout(drainMs) });
  } finally {
    await agent.stop({ graceMs }).finally(() => leavePodServer(server));
  }
};
