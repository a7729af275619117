import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type GuardedUpgradeHandler, type PodAgentOptions, wire } from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { faultyStore } from "./faulty-store.ts";
import { afterTest, name, serve } from "./guard-fixture.ts";
import { until } from "./waiting.ts";

/** A pod that echoes what it hears, with a record of what reached user code. */
const echo = async (options: Partial<PodAgentOptions> = {}) => {
  const faulty = faultyStore(new MemoryStore());
  const heard: string[] = [];
  const sockets: WebSocket[] = [];
  const raws: Duplex[] = [];
  const server = new WebSocketServer({ noServer: true });
  const upgrade: GuardedUpgradeHandler = (req, socket, head, { uid, fence }) => {
    raws.push(socket);
    server.handleUpgrade(req, socket, head, (client) => {
      sockets.push(client);
      client.on("message", (data) => {
        heard.push(`${uid}: ${data}`);
        client.send(`${fence} ${data}`);
      });
    });
  };
  const pod = await serve(faulty.store, { upgrade }, options);
  return { ...pod, faulty, heard, sockets, raws };
};

const open = (address: string, headers: Record<string, string>): WebSocket => {
  const client = new WebSocket(`ws://${address}/room`, { headers });
  client.on("error", () => undefined);
  afterTest(() => client.terminate());
  return client;
};

/** The HTTP answer to an upgrade that is refused. */
const refusalOf = async (client: WebSocket) => {
  const [, response] = await once(client, "unexpected-response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { error } = JSON.parse(Buffer.concat(chunks).toString());
  return { status: response.statusCode, headers: response.headers, code: error.code };
};

describe("agent.guardUpgrade()", () => {
  it("lets the owner's sockets through, which count as in flight while they are open", async () => {
    const { agent, address, headersFor, heard } = await echo();
    const headers = await headersFor("Jürgen / 🦊");
    const client = open(address, headers);
    await once(client, "open");
    const held = agent.admit("Jürgen / 🦊")!;
    expect(held.inFlight).toBe(1);
    client.send("hello");
    expect(`${(await once(client, "message"))[0]}`).toBe(`${held.fence} hello`);
    expect(heard).toEqual(["Jürgen / 🦊: hello"]);
    client.close();
    await until("nothing is in flight", () => held.inFlight === 0);
    expect(held.open.size).toBe(0);
  });

  it("refuses before user code runs: other owners, bad headers, a missing secret", async () => {
    const { address, headersFor, agent, sockets } = await echo({ secret: "s3cret" });
    const good = await headersFor("a", "s3cret");
    const stale = { ...good, [wire.fenceHeader]: "1" };
    const { [wire.secretHeader]: _, ...noSecret } = good;
    const answers = [];
    for (const headers of [stale, noSecret, { [wire.secretHeader]: "s3cret" }, { ...good, "x-route-uid": "b" }]) {
      answers.push(await refusalOf(open(address, headers)));
    }
    expect(answers.map(({ status, code }) => [status, code])).toEqual([
      [421, "NOT_OWNER"],
      [403, "FORBIDDEN"],
      [400, "BAD_REQUEST"],
      [421, "NOT_OWNER"],
    ]);
    expect(answers[0]!.headers).toMatchObject({ "x-route-refused": "not-owner", connection: "close" });
    expect(sockets).toEqual([]);
    expect(agent.admit("a")!.inFlight).toBe(0);
  });

  it("answers 503 while the store cannot say whose the uid is", async () => {
    const { address, faulty, sockets } = await echo();
    faulty.fault = () => "before";
    const { status, headers, code } = await refusalOf(open(address, wire.routeHeaders("unknown", 7)));
    expect([status, code, headers["retry-after"]]).toEqual([503, "STORE_UNAVAILABLE", "1"]);
    expect(sockets).toEqual([]);
  });

  it("lets nothing that was sent before the close reach user code after it", async () => {
    const released: string[][] = [];
    const { agent, address, headersFor, heard, faulty, raws } = await echo({
      onRelease: () => void released.push([...heard]),
    });
    const headers = await headersFor("a");
    const client = open(address, headers);
    await once(client, "open");
    client.send("early");
    await once(client, "message");
    const other = await serve(faulty.store, {}, { id: 1 });
    const closed = once(client, "close");
    // Has arrived when the uid leaves, but was not read yet: no answer follows, and the client sends it again.
    const [raw] = raws;
    raw!.pause();
    raw!.push(Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...Buffer.from("late")]));
    expect(await agent.move("a", { to: other.agent.id! })).toBe(true);
    expect((await closed)[0]).toBe(1012);
    await until("the pod's socket is gone", () => raw!.destroyed);
    expect(heard).toEqual(["a: early"]);
    expect(released).toEqual([heard]);
  });

  it.each(["lost by force", "moved", "stopped"])("closes the socket with 1012 when its uid is %s", async (how) => {
    const { agent, address, headersFor, faulty, heard, sockets } = await echo();
    await serve(faulty.store, {}, { id: 1 });
    const client = open(address, await headersFor("a"));
    await once(client, "open");
    client.send("before");
    await once(client, "message");
    const closed = once(client, "close");
    // What the client goes on sending must not reach user code.
    const sending = setInterval(() => client.readyState === WebSocket.OPEN && client.send("after"), 1);
    if (how === "moved") expect(await agent.move("a")).toBe(true);
    if (how === "lost by force") {
      await faulty.store.setLink({ ...name, uid: "a" }, { pod: 9, incarnation: 9 }, 60);
      await until("the uid is lost", () => !agent.holds("a"));
    }
    if (how === "stopped") await agent.stop({ graceMs: 0 });
    const atTheEnd = heard.length;
    expect((await closed)[0]).toBe(wire.movedCloseCode);
    clearInterval(sending);
    expect(heard).toHaveLength(atTheEnd);
    await until("the server's side is closed", () => sockets[0]!.readyState === WebSocket.CLOSED);
  });

  it("does not wait for a peer that has fallen silent", async () => {
    const { agent, address, headersFor, faulty } = await echo({ quietMs: 60_000 });
    await serve(faulty.store, {}, { id: 1 });
    const headers = Object.entries(await headersFor("a")).map(([header, value]) => `${header}: ${value}\r\n`);
    const [host, port] = address.split(":");
    const peer: Socket = connect(Number(port), host);
    afterTest(() => peer.destroy());
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    const upgrade = `connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n`;
    peer.write(`GET / HTTP/1.1\r\nhost: a\r\n${upgrade}${headers.join("")}\r\n`);
    await once(peer, "data");
    // It reads nothing any more, and never answers the close.
    peer.pause();
    expect(await agent.move("a")).toBe(true);
    expect(agent.holds("a")).toBe(false);
  });

  it("survives a client that goes away while the store is asked", async () => {
    const { agent, address, faulty } = await echo();
    const { link } = await faulty.store.linkIfAbsent(
      { ...name, uid: "a" },
      { pod: 0, incarnation: agent.incarnation! },
      60_000,
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    const take = faulty.store.takeUpLink;
    let isAsked = false;
    faulty.store.takeUpLink = async (...args) => {
      isAsked = true;
      await promise;
      return take(...args);
    };
    const client = open(address, wire.routeHeaders("a", link.fence));
    await until("the store is asked", () => isAsked);
    client.terminate();
    resolve();
    await until("the uid is held", () => agent.holds("a"));
    await until("nothing is in flight", () => agent.admit("a")!.inFlight === 0);
    expect(agent.admit("a")!.open.size).toBe(0);
  });
});
