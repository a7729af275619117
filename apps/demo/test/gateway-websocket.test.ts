import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openEcho, upgrade, webSocket } from "./echo-harness.ts";
import { openClient, openGateway, say } from "./gateway-harness.ts";
import { openDemo, until } from "./harness.ts";

const hear = async (socket: WebSocket): Promise<string> => String((await once(socket, "message"))[0]);

describe("upgrades", () => {
  it("carry frames both ways, also large ones, and ones that came with the head", async () => {
    await using echo = await openEcho();
    const socket = await echo.connectTo();
    for (const message of ["hello", "x".repeat(70_000), "y".repeat(5_000_000)]) {
      const answer = hear(socket);
      socket.send(message);
      expect((await answer) === message).toBe(true);
    }
    socket.terminate();
    using early = await openClient(echo.port, `GET / HTTP/1.1\r\n${webSocket}\r\n\x81\x82\0\0\0\0hi`);
    await until("the echo", () => early.heard.text.endsWith("\x81\x02hi"));
    expect(early.heard.text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*Sec-WebSocket-Accept: /);
  });

  it("keep any protocol, with headers as they were spelled, and send ours along", async () => {
    const server = createServer();
    let seen: string[] = [];
    server.on("upgrade", (req, socket: Duplex) => {
      seen = req.rawHeaders;
      socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\nX-Route-Load: 1\r\n\r\nhi ");
      socket.on("data", (chunk) => socket.write(chunk));
    });
    await using it = await openGateway(server);
    using client = await openClient(
      it.port,
      `GET / HTTP/1.1\r\n${upgrade}Upgrade: chat/1\r\nX-Twice: 1\r\nx-TWICE: 2\r\n\r\n`,
    );
    await until("the greeting", () => client.heard.text.endsWith("\r\n\r\nhi "));
    client.socket.write("there");
    await until("the echo", () => client.heard.text.endsWith("hi there"));
    expect(client.heard.text).not.toMatch(/x-route/i);
    expect(seen).toEqual(expect.arrayContaining(["X-Twice", "x-TWICE", "x-route-fence", "7"]));
    expect(it.served).toMatchObject([{ status: 101, uid: "u" }]);
    expect(it.gateway.tunnels).toBe(1);
  });

  it.each(["to the client", "to the pod"])(
    "pass %s at the pace of who reads, whatever else is read meanwhile",
    async (way) => {
      const pods: Duplex[] = [];
      const server = createServer((_req, res) => res.end("z".repeat(60_000)));
      server.on("upgrade", (_req, socket: Duplex) => {
        pods.push(socket.on("error", () => {}));
        socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
      });
      await using it = await openGateway(server);
      using client = await openClient(it.port, `GET / HTTP/1.1\r\n${upgrade}Upgrade: chat\r\n\r\n`);
      await until("the switch", () => client.heard.text.includes("\r\n\r\n"));
      client.socket.removeAllListeners("data");
      const [from, to] = way === "to the pod" ? [client.socket, pods[0]!] : [pods[0]!, client.socket];
      to.pause();
      // More than the kernel keeps for two connections.
      const parts = Array.from({ length: 800 }, (_, index) => Buffer.alloc(65_536, `${index} `));
      let sent = 0;
      const sending = (async () => {
        for (const part of parts) {
          await new Promise((resolve) => from.write(part, resolve));
          sent++;
        }
      })();
      for (let before = -1; before !== sent; await sleep(300)) before = sent;
      expect(sent).toBeLessThan(parts.length);
      expect(await say(it.port, "GET / HTTP/1.1\r\nHost: g\r\nx-route-uid: u\r\nconnection: close\r\n\r\n")).toMatch(
        /z$/,
      );
      const heard: Buffer[] = [];
      to.on("data", (chunk: Buffer) => heard.push(chunk)).resume();
      await sending;
      const whole = Buffer.concat(parts);
      await until("all has come", () => heard.reduce((sum, { length }) => sum + length, 0) >= whole.length);
      expect(Buffer.concat(heard).equals(whole)).toBe(true);
    },
  );

  it("that the pod declines are answered as plain HTTP; an offer of HTTP/2 is no upgrade", async () => {
    await using it = await openGateway((_req, res) => res.writeHead(426, { "x-why": "because" }).end("plain"));
    expect(await say(it.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`)).toMatch(
      /^HTTP\/1\.1 426 [\s\S]*x-why: because[\s\S]*plain$/,
    );
    using offer = await openClient(it.port, `GET / HTTP/1.1\r\n${upgrade}Upgrade: h2c\r\n\r\n`);
    await until("the answer", () => offer.heard.text.endsWith("plain"));
    expect(it.gateway.tunnels).toBe(0);
  });

  it("without a uid: 400; refused once by the pod: asked again", async () => {
    let asked = 0;
    const server = createServer();
    server.on("upgrade", (_req, socket: Duplex) => {
      if (asked++ === 0) socket.end("HTTP/1.1 421 No\r\nx-route-refused: not-owner\r\ncontent-length: 0\r\n\r\n");
      else socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    await using it = await openGateway(server);
    const nameless = webSocket.replace("x-route-uid: u\r\n", "");
    expect(await say(it.port, `GET / HTTP/1.1\r\n${nameless}\r\n`)).toMatch(/^HTTP\/1\.1 400 [\s\S]*UID_MISSING/);
    using client = await openClient(it.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    await until("the switch", () => client.heard.text.includes(" 101 "));
    expect(asked).toBe(2);
  });

  it("end with either end, also by a reset at any time", async () => {
    await using echo = await openEcho();
    const first = await echo.connectTo();
    first.terminate();
    await until("the pod's end closes", () => echo.sockets.clients.size === 0 && echo.it.gateway.tunnels === 0);
    const second = await echo.connectTo();
    const closed = once(second, "close");
    for (const socket of echo.sockets.clients) socket.terminate();
    await closed;
    await until("nothing is left", () => echo.it.gateway.tunnels === 0);
    using reset = await openClient(echo.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    reset.socket.resetAndDestroy();
    using later = await openClient(echo.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    await until("the switch", () => later.heard.text.includes(" 101 "));
    later.socket.resetAndDestroy();
    await until("nothing is left", () => echo.it.gateway.tunnels === 0);
  });

  it.each([
    ["before a byte", ""],
    ["in the head", "HTTP/1.1 101 Switching"],
    ["after the head of a plain answer", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"],
    ["right after the 101", "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
    ["in a frame", "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x82\x7e"],
  ])("whose pod resets %s: the client learns of it, and the next one is served", async (_, said) => {
    let calls = 0;
    const pod = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        if (calls++ > 0) socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        else socket.write(said, "latin1", () => setTimeout(() => socket.resetAndDestroy(), 20));
      });
    });
    await using it = await openGateway(pod);
    const heard = await say(it.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    expect(heard).toMatch(said.includes("\r\n\r\n") ? /^HTTP\/1\.1 (101|200) / : /^HTTP\/1\.1 502 [\s\S]*POD_RESET/);
    await until("nothing is left", () => it.gateway.tunnels === 0);
    using next = await openClient(it.port, `GET / HTTP/1.1\r\n${webSocket}\r\n`);
    await until("the switch", () => next.heard.text.includes(" 101 "));
  });

  it("whose client leaves before the pod has answered, and half-closed ones, end at both ends", async () => {
    const open = new Set<Duplex>();
    const server = createServer();
    server.on("upgrade", (req, socket: Duplex) => {
      open.add(socket);
      socket.on("error", () => {}).on("end", () => socket.end());
      socket.on("close", () => open.delete(socket)).resume();
      if (req.url !== "/silent") socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
      if (req.url === "/half") socket.end("bye");
    });
    await using it = await openGateway(server);
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\n${upgrade}Upgrade: chat\r\n\r\n`;
    using gone = await openClient(it.port, ask("/silent"));
    await until("the pod is asked", () => open.size === 1);
    gone.socket.resetAndDestroy();
    await until("the pod is told", () => open.size === 0);
    using half = await openClient(it.port, ask("/half"));
    await half.ended;
    expect(half.heard.text).toMatch(/bye$/);
    half.socket.end();
    using closing = await openClient(it.port, ask("/open"));
    await until("the switch", () => closing.heard.text.includes(" 101 "));
    closing.socket.end();
    await until("nothing is left", () => open.size === 0 && it.gateway.tunnels === 0);
  });
});

it("a session on a pod counts with the uid's requests, and ends when the pod stops", async () => {
  await using demo = await openDemo({ pods: 1 });
  const socket = new WebSocket(`${demo.demo.url.replace("http", "ws")}/chat`, { headers: { "x-route-uid": "ws" } });
  await once(socket, "open");
  const answer = hear(socket);
  socket.send("hello");
  expect(JSON.parse(await answer)).toEqual({ uid: "ws", pod: 0, count: 1, message: "hello" });
  expect((await demo.get("ws")).body.count).toBe(2);
  const closed = once(socket, "close");
  demo.pod(0).child.send({ type: "stop" });
  expect((await closed)[0]).toBe(1012);
});
