import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { PodAgent } from "../../src/pod/pod-agent.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { routeHeaders } from "../../src/wire.ts";
import { until } from "../waiting.ts";

it("a client that leaves while its uid is taken up leaves nothing in flight behind, which a stop would wait for", async () => {
  const name = { namespace: "faults", service: "s" };
  const store = new MemoryStore();
  const acquiring = Promise.withResolvers<void>();
  const acquired = Promise.withResolvers<void>();
  const onAcquire = (): Promise<void> => {
    acquiring.resolve();
    return acquired.promise;
  };
  await using agent = new PodAgent({ ...name, store, id: 0, address: "127.0.0.1:1", onAcquire });
  await agent.start();
  const { link } = await store.linkIfAbsent({ ...name, uid: "u" }, { pod: 0, incarnation: agent.incarnation! }, 60);

  const closed = Promise.withResolvers<void>();
  const guard = agent.guard((_req, res) => res.end());
  const server = createServer((req, res) => {
    res.once("close", closed.resolve);
    guard(req, res);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, headers: routeHeaders("u", link.fence) });
  asked.on("error", () => undefined).end();
  await acquiring.promise;
  asked.destroy();
  await closed.promise;
  acquired.resolve();
  await until("the uid is held", () => agent.admit("u", link.fence) !== undefined);
  await new Promise(setImmediate);
  expect(agent.admit("u", link.fence)?.inFlight).toBe(0);
  server.close();
});
