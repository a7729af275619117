import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { dueAfter } from "../src/gateway/upgrade/tunnels.ts";
import { openEcho, webSocket } from "./echo-harness.ts";
import { openClient, openGateway, say } from "./gateway-harness.ts";
import { until } from "./harness.ts";

const head = "Host: gateway\r\nx-route-uid: u\r\n";

describe("the end of a gateway", () => {
  // Far longer than a test may take: whoever waits for it fails.
  const foreverMs = 600_000;

  it("lets what runs end, says so, and takes nothing new", async () => {
    const asked: ServerResponse[] = [];
    await using it = await openGateway((_req, res) => void asked.push(res));
    using client = await openClient(it.port, `GET / HTTP/1.1\r\n${head}\r\n`);
    using idle = await openClient(it.port);
    await until("the pod is asked", () => asked.length === 1);
    const closed = it.gateway.close(foreverMs);
    await idle.ended;
    asked[0]!.end("late");
    await client.ended;
    expect(client.heard.text).toMatch(/connection: close[\s\S]*late/i);
    await closed;
    await expect(openClient(it.port)).rejects.toThrow("ECONNREFUSED");
  });

  it("waits for nobody who asks nothing", async () => {
    await using it = await openGateway((_req, res) => res.end("once"));
    using silent = await openClient(it.port);
    using idle = await openClient(it.port, `GET / HTTP/1.1\r\n${head}\r\n`);
    await until("the answer", () => idle.heard.text.endsWith("once"));
    await it.gateway.close(foreverMs);
    await Promise.all([silent.ended, idle.ended]);
  });

  it("waits for a request whose head has begun to arrive, the first of its connection or a later one", async () => {
    await using it = await openGateway((_req, res) => res.end("done"));
    using silent = await openClient(it.port);
    using first = await openClient(it.port, "GET / HTTP/1.1\r\nHo");
    using later = await openClient(it.port, `GET / HTTP/1.1\r\n${head}\r\nGET / HTTP/1.1\r\nHo`);
    await until("an answer", () => later.heard.text.endsWith("done"));
    const closed = it.gateway.close(foreverMs);
    await silent.ended;
    for (const { socket } of [first, later]) socket.write(`st: g\r\nx-route-uid: u\r\n\r\n`);
    await Promise.all([first.ended, later.ended, closed]);
    for (const { heard } of [first, later]) expect(heard.text).toMatch(/connection: close[\s\S]*done$/i);
  });
});

describe("WebSockets of a gateway that ends", () => {
  it.each([
    ["with time", 2000],
    ["at once", 0],
  ])("are told 1012 when the gateway ends %s, between two frames", async (_, graceMs) => {
    await using echo = await openEcho();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => echo.connectTo()));
    const codes = sockets.map(async (socket) => (await once(socket, "close"))[0] as number);
    await echo.it.gateway.close(graceMs);
    expect(await Promise.all(codes)).toEqual(sockets.map(() => 1012));
  });

  it.each([
    [0, 5000, 0],
    [1000, 5000, 25],
    [4000, 5000, 100],
    [9000, 5000, 100],
    [250, 1000, 50],
    [1, 0, 100],
  ])("of 100 after %i of %i ms are told: %i", (passedMs, graceMs, due) => {
    expect(dueAfter(passedMs, graceMs, 100)).toBe(due);
  });

  it("are told 1012 where a frame has ended, also one whose header comes in parts, and hear nothing after it", async () => {
    const pods: Duplex[] = [];
    const server = createServer((_req, res) => res.end("z".repeat(60_000)));
    server.on("upgrade", (_req, socket: Duplex) => {
      pods.push(socket.on("error", () => {}));
      socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    await using it = await openGateway(server);
    using client = await openClient(it.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    await until("the switch", () => client.heard.text.includes("\r\n\r\n"));
    const pod = pods[0]!;
    pod.write("\x82\x7e\x01", "latin1");
    await until("the begin of the header", () => client.heard.text.endsWith("\x82\x7e\x01"));
    await say(it.port, "GET / HTTP/1.1\r\nHost: g\r\nx-route-uid: u\r\nconnection: close\r\n\r\n");
    const closed = it.gateway.close(20_000);
    const rest = `\x00${"x".repeat(256)}`;
    pod.write(rest, "latin1");
    await until("the close frame", () => client.heard.text.endsWith(`\x82\x7e\x01${rest}\x88\x02\x03\xf4`));
    pod.end("\x82\x04late", "latin1");
    await Promise.all([client.ended, closed]);
    expect(client.heard.text).not.toContain("late");
  });

  it("that do not listen are cut at the deadline", async () => {
    await using echo = await openEcho();
    using deaf = await openClient(echo.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    await until("the switch", () => deaf.heard.text.includes(" 101 "));
    await echo.it.gateway.close(300);
    await deaf.ended;
    expect(deaf.heard.text.endsWith("\x88\x02\x03\xf4")).toBe(true);
  });
});
