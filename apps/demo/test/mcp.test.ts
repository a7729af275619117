import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { MemoryStore, StatefulRouter } from "@route/executor";
import { expect, it } from "vitest";
import { createGateway } from "../src/gateway/gateway.ts";
import { identifyBy } from "../src/gateway/identity/identify.ts";
import { headerSource } from "../src/gateway/identity/sources.ts";
import { McpPod } from "../src/pods/mcp/mcp-pod.ts";
import { listenOn } from "./gateway-harness.ts";

const shared = { namespace: "t", service: "mcp", secret: "secret", leaseMs: 10_000, drainMs: 10_000 };

const openClient = async (port: number) => {
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`));
  // The SDK's own types are not written for exact optional properties.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> => {
    const { content } = await client.callTool({ name, arguments: args });
    return (content as { text: string }[])[0]!.text;
  };
  return { call, transport, close: () => client.close() };
};

it("MCP sessions that pods have minted are found by their id, and keep their notes when their pod leaves", async () => {
  const store = new MemoryStore();
  const pods = await Promise.all([0, 1, 2].map((id) => McpPod.listen({ ...shared, id }, store)));
  const router = new StatefulRouter({ store, ...shared });
  const identify = identifyBy({ sources: [headerSource("mcp-session-id")], anonymous: true });
  const gateway = createGateway({ router, secret: shared.secret, identify });
  const port = await listenOn(gateway.server);
  try {
    const clients = await Promise.all(Array.from({ length: 12 }, () => openClient(port)));
    const ids = clients.map(({ transport }) => transport.sessionId);
    expect(new Set(ids).size).toBe(12);
    for (const [index, client] of clients.entries())
      expect(await client.call("remember", { note: `${index}` })).toBe("1");
    const recall = async () =>
      Promise.all(
        clients.map(async (client) => JSON.parse(await client.call("recall")) as { pod: number; notes: string[] }),
      );
    const before = await recall();
    expect(before.map(({ notes }) => notes)).toEqual(clients.map((_, index) => [`${index}`]));
    expect(new Set(before.map(({ pod }) => pod)).size).toBeGreaterThan(1);
    await pods[0]!.drain();
    const after = await recall();
    expect(after.map(({ notes }) => notes)).toEqual(clients.map((_, index) => [`${index}`]));
    expect(after.map(({ pod }) => pod)).not.toContain(0);
    for (const [index, { pod }] of before.entries()) if (pod !== 0) expect(after[index]!.pod).toBe(pod);
    expect(clients.map(({ transport }) => transport.sessionId)).toEqual(ids);
    // The uids of the first requests, which had none, are gone again.
    const held = pods.slice(1).flatMap((pod) => pod.agent.held());
    expect(held.sort()).toEqual([...ids].sort());
    for (const client of clients) await client.close();
  } finally {
    await gateway.close(200);
    router.close();
    for (const pod of pods) await pod.stop();
    await store.close();
  }
});
