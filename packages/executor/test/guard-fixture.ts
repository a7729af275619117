import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { GuardedUpgradeHandler, GuardOptions } from "../src/index.ts";
import { PodAgent, type PodAgentOptions, type StatefulStore, wire } from "../src/index.ts";

/** The service of these tests. */
export const name = { namespace: "test", service: "rooms" };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Called after the test, in reverse order. */
export const afterTest = (close: () => unknown): void => void closers.push(close);

/** What a pod of a test does with requests and upgrades that pass its guard. */
export interface Handlers {
  readonly listener?: (agent: PodAgent) => RequestListener;
  readonly upgrade?: GuardedUpgradeHandler;
  readonly redirect?: (agent: PodAgent) => GuardOptions["redirect"];
}

/** A pod behind a real HTTP server on loopback. */
export const serve = async (store: StatefulStore, handlers: Handlers, options: Partial<PodAgentOptions> = {}) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = new PodAgent({ store, ...name, id: 0, address, leaseMs: 60_000, ...options });
  const redirect = handlers.redirect?.(agent);
  if (handlers.listener) server.on("request", handlers.listener(agent));
  if (handlers.upgrade) server.on("upgrade", agent.guardUpgrade(handlers.upgrade, redirect ? { redirect } : {}));
  await agent.start();
  afterTest(() => server.close());
  afterTest(() => server.closeAllConnections());
  afterTest(() => agent.stop({ graceMs: 0 }));
  const headersFor = async (uid: string, secret?: string) =>
    wire.routeHeaders(uid, (await agent.claim(uid)).fence, secret);
  return { agent, address, headersFor };
};
