import * as second from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { MemoryStore, StatefulRouter } from "@route/executor";
import { describe, expect, it } from "vitest";
import { createGateway } from "../src/gateway/gateway.ts";
import { identifyBy } from "../src/gateway/identity/identify.ts";
import { headerSource } from "../src/gateway/identity/sources.ts";
import { McpPod } from "../src/pods/mcp/mcp-pod.ts";
import { listenOn } from "./gateway-harness.ts";
import { until } from "./harness.ts";

const shared = { namespace: "t", service: "mcp", secret: "secret", leaseMs: 60_000, drainMs: 60_000 };
const numbers = Array.from({ length: 12 }, (_, index) => index);

/** Three pods behind a gateway that goes by what the pods mint. */
const openFleet = async () => {
  const store = new MemoryStore();
  const pods = await Promise.all([0, 1, 2].map((id) => McpPod.listen({ ...shared, id }, store)));
  const router = new StatefulRouter({ store, ...shared });
  const sources = [headerSource("mcp-session-id"), headerSource("mcp-param-notebook")];
  const identify = identifyBy({ sources, anonymous: true });
  const gateway = createGateway({ router, secret: shared.secret, identify });
  const url = new URL(`http://127.0.0.1:${await listenOn(gateway.server)}/mcp`);
  return {
    ...{ url, pods },
    /** All that the pods hold, once they hold no more than that. */
    heldIs: async (uids: readonly (string | undefined)[]): Promise<void> => {
      const expected = JSON.stringify([...uids].sort());
      const held = () => JSON.stringify(pods.flatMap(({ agent }) => agent.held()).sort());
      await until("nothing else is held", () => held() === expected);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await gateway.close(200);
      router.close();
      for (const pod of pods) await pod.stop();
      await store.close();
    },
  };
};

const textOf = ({ content }: object & { content?: unknown }): string => (content as { text: string }[])[0]!.text;

interface Recalled {
  readonly pod: number;
  readonly notes: readonly string[];
}

/** A client of the first SDK, which speaks revision 2025-11-25. */
const openSession = async (url: URL) => {
  const client = new Client({ name: "test", version: "1.0.0" });
  const messages: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void messages.push(params.data));
  const reconnectionOptions = {
    ...{ initialReconnectionDelay: 20, maxReconnectionDelay: 100, reconnectionDelayGrowFactor: 1.5, maxRetries: 100 },
  };
  const transport = new StreamableHTTPClientTransport(url, { reconnectionOptions });
  // The SDK's own types are not written for exact optional properties.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
    textOf(await client.callTool({ name, arguments: args }));
  return {
    ...{ messages, transport, close: () => client.close() },
    remember: (note: string) => call("remember", { note }),
    recall: async () => JSON.parse(await call("recall")) as Recalled,
  };
};

/** A client of the second SDK, which speaks both. */
const openClient = async (url: URL, mode: "legacy" | { pin: "2026-07-28" }) => {
  const client = new second.Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode } });
  const transport = new second.StreamableHTTPClientTransport(url);
  await client.connect(transport);
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
    textOf(await client.callTool({ name, arguments: args }));
  return { client, transport, call };
};

const openNotebook = async (url: URL) => {
  const { client, call } = await openClient(url, { pin: "2026-07-28" });
  const notebook = await call("open_notebook");
  return {
    ...{ client, notebook, call, close: () => client.close() },
    remember: (note: string) => call("remember", { notebook, note }),
    recall: async () => JSON.parse(await call("recall", { notebook })) as Recalled,
  };
};

interface Notes {
  remember(note: string): Promise<string>;
  recall(): Promise<Recalled>;
  close(): Promise<void>;
}

const recallAll = (clients: readonly Notes[]): Promise<Recalled[]> =>
  Promise.all(clients.map((client) => client.recall()));

/** Each client notes its number; the first pod leaves; all have their notes still, and only those of that pod moved. */
const keepNotes = async (clients: readonly Notes[], pods: readonly McpPod[]): Promise<void> => {
  for (const [index, client] of clients.entries()) expect(await client.remember(`${index}`)).toBe("1");
  const before = await recallAll(clients);
  expect(before.map(({ notes }) => notes)).toEqual(clients.map((_, index) => [`${index}`]));
  expect(new Set(before.map(({ pod }) => pod)).size).toBeGreaterThan(1);
  await pods[0]!.drain();
  const after = await recallAll(clients);
  expect(after.map(({ notes }) => notes)).toEqual(before.map(({ notes }) => notes));
  for (const [index, { pod }] of before.entries()) {
    if (pod === 0) expect(after[index]!.pod).not.toBe(0);
    else expect(after[index]!.pod).toBe(pod);
  }
};

describe("MCP clients of revision 2025-11-25", () => {
  it("are found by the session ids that pods have minted, and keep their notes when their pod leaves", async () => {
    await using fleet = await openFleet();
    const clients = await Promise.all(numbers.map(() => openSession(fleet.url)));
    const ids = clients.map(({ transport }) => transport.sessionId);
    expect(new Set(ids).size).toBe(12);
    await keepNotes(clients, fleet.pods);
    expect(clients.map(({ transport }) => transport.sessionId)).toEqual(ids);
    await fleet.heldIs(ids);
    for (const client of clients) await client.close();
  });

  it("have a stream from their server, and open it again where the session has gone", async () => {
    await using fleet = await openFleet();
    const clients = await Promise.all(numbers.slice(0, 4).map(() => openSession(fleet.url)));
    const hearsAll = () =>
      Promise.all(
        clients.map(({ messages, remember }) => {
          messages.length = 0;
          return until("the server says so", async () => {
            await remember("x");
            return messages.length > 0;
          });
        }),
      );
    await hearsAll();
    for (const pod of fleet.pods.slice(0, 2)) {
      await pod.drain();
      await hearsAll();
    }
    for (const client of clients) await client.close();
  });

  it("may end a session, and are told of one that there is not", async () => {
    await using fleet = await openFleet();
    const { transport, close } = await openSession(fleet.url);
    await fleet.heldIs([transport.sessionId]);
    await transport.terminateSession();
    await close();
    await fleet.heldIs([]);
    const headers = { "mcp-session-id": "made-up", "content-type": "application/json" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect((await fetch(fleet.url, { method: "POST", headers, body })).status).toBe(404);
    await fleet.heldIs([]);
  });

  it("may be of the second SDK", async () => {
    await using fleet = await openFleet();
    const { client, transport, call } = await openClient(fleet.url, "legacy");
    expect(client.getNegotiatedProtocolVersion()).toBe("2025-11-25");
    expect(await call("remember", { note: "one" })).toBe("1");
    expect(await call("remember", { note: "two" })).toBe("2");
    await fleet.heldIs([transport.sessionId]);
    await client.close();
  });
});

describe("MCP clients of revision 2026-07-28", () => {
  it("are found by the handles that tools gave out, and keep their notes when their pod leaves", async () => {
    await using fleet = await openFleet();
    const clients = await Promise.all(numbers.map(() => openNotebook(fleet.url)));
    expect(clients[0]!.client.getNegotiatedProtocolVersion()).toBe("2026-07-28");
    expect(new Set(clients.map(({ notebook }) => notebook)).size).toBe(12);
    await keepNotes(clients, fleet.pods);
    await fleet.heldIs(clients.map(({ notebook }) => notebook));
    for (const client of clients) await client.close();
  });

  it("may share a handle, hold several, close them, and are told of one that there is not", async () => {
    await using fleet = await openFleet();
    const first = await openNotebook(fleet.url);
    const other = await openNotebook(fleet.url);
    await first.remember("mine");
    expect(await other.call("remember", { notebook: first.notebook, note: "and yours" })).toBe("2");
    expect((await first.recall()).notes).toEqual(["mine", "and yours"]);
    expect(await other.call("close_notebook", { notebook: first.notebook })).toBe("true");
    for (const notebook of [first.notebook, "made up, and not even a plain header: ä"]) {
      expect(await first.call("recall", { notebook })).toBe("There is no such notebook: open a new one.");
    }
    // Neither what any pod may answer nor what no pod has minted leaves anything behind.
    expect((await first.client.listTools()).tools).toHaveLength(4);
    await fleet.heldIs([other.notebook]);
    for (const { close } of [first, other]) await close();
  });

  it("that listen hear when their pod leaves, and leave nothing behind", async () => {
    await using fleet = await openFleet();
    const clients = await Promise.all(numbers.map(() => openNotebook(fleet.url)));
    const streams = await Promise.all(clients.map(({ client }) => client.listen({ toolsListChanged: true })));
    const ends: string[] = [];
    for (const { closed } of streams) void closed.then((how) => ends.push(how));
    await fleet.pods[0]!.drain();
    await fleet.pods[1]!.drain();
    await until("the streams end", () => ends.length > 0);
    expect(new Set(ends)).toEqual(new Set(["remote"]));
    for (const stream of streams) await stream.close();
    await fleet.heldIs(clients.map(({ notebook }) => notebook));
    for (const client of clients) await client.close();
  });
});
