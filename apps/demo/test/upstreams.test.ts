import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { openClient, openGateway, say } from "./gateway-harness.ts";
import { until } from "./harness.ts";

const request = (path = "/", method = "GET"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: g\r\nx-route-uid: u\r\nconnection: close\r\n${method === "POST" ? "content-length: 0\r\n" : ""}\r\n`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** A pod of bare sockets: `answer` is called with each request, and the number of its connection. */
const podOf = (answer: (socket: Socket, path: string, connection: number) => void) => {
  let connections = 0;
  return createServer((socket) => {
    const connection = connections++;
    socket.on("error", () => {});
    socket.on("data", (chunk) => answer(socket, /^\w+ (\S+)/.exec(chunk.toString())?.[1] ?? "", connection));
  });
};

describe("connections to pods", () => {
  it("are kept, and used again", async () => {
    const seen: number[] = [];
    const pod = podOf((socket, _path, connection) => {
      seen.push(connection);
      socket.write(ok("x"));
    });
    await using it = await openGateway(pod);
    for (let turn = 0; turn < 3; turn++) await say(it.port, request());
    expect(seen).toEqual([0, 0, 0]);
  });

  it("that say more than they were asked are closed: it is nobody's answer", async () => {
    let last: Socket | undefined;
    const pod = podOf((socket, path, connection) => {
      last = socket;
      socket.write(ok(`${path} ${connection}`) + (path === "/together" ? ok("poison") : ""));
    });
    await using it = await openGateway(pod);
    expect(await say(it.port, request("/together"))).toMatch(/\/together 0$/);
    expect(await say(it.port, request("/later"))).toMatch(/\/later 1$/);
    await new Promise((resolve) => last?.write(ok("poison"), resolve));
    expect(await say(it.port, request("/next"))).toMatch(/\/next 2$/);
  });

  it("that the pod has closed meanwhile cost a GET nothing; a POST is told", async () => {
    const pod = podOf((socket, path, connection) => {
      if (path === "/again" && connection === 0) socket.destroy();
      else socket.write(ok(`${connection}`));
    });
    await using it = await openGateway(pod);
    await say(it.port, request("/first"));
    expect(await say(it.port, request("/again"))).toMatch(/^HTTP\/1\.1 200 [\s\S]*1$/);
    const posting = podOf((socket, path) => (path === "/again" ? socket.destroy() : socket.write(ok("x"))));
    await using other = await openGateway(posting);
    await say(other.port, request("/first"));
    expect(await say(other.port, request("/again", "POST"))).toMatch(/^HTTP\/1\.1 502 [\s\S]*POD_RESET/);
  });

  it("that have just said farewell are not used, not even by a POST that comes in the same moment", async () => {
    const sockets: Socket[] = [];
    const pod = podOf((socket, path, connection) => {
      sockets[connection] = socket;
      socket.write(ok(`${path} ${connection}`));
    });
    await using it = await openGateway(pod);
    using client = await openClient(it.port);
    for (let turn = 0; turn < 20; turn++) {
      client.socket.write(`GET /first HTTP/1.1\r\nHost: g\r\nx-route-uid: u\r\n\r\n`);
      await until("the first answer", () => client.heard.text.endsWith(`/first ${turn}`));
      // Both are on the wire before the gateway's turn comes.
      client.socket.write(`POST /next HTTP/1.1\r\nHost: g\r\nx-route-uid: u\r\ncontent-length: 0\r\n\r\n`);
      sockets[turn]!.destroy();
      await until("the next answer", () => /POD_RESET|\/next \d+$/.test(client.heard.text));
      expect(client.heard.text).toMatch(new RegExp(`/next ${turn + 1}$`));
      client.heard.text = "";
    }
  });

  it("are at most so many; who waits too long is told, who leaves is forgotten", async () => {
    const asked: string[] = [];
    const pod = podOf((_socket, path) => void asked.push(path));
    await using it = await openGateway(pod, { connectionsPerPod: 1, upstreamTimeoutMs: 400 });
    using first = await openClient(it.port, request("/first"));
    await until("the first is asked", () => asked.length === 1);
    using second = await openClient(it.port, request("/second"));
    using third = await openClient(it.port, request("/third"));
    third.socket.destroy();
    await Promise.all([first.ended, second.ended]);
    expect(first.heard.text).toMatch(/^HTTP\/1\.1 504 [\s\S]*POD_TIMEOUT/);
    expect(second.heard.text).toMatch(/^HTTP\/1\.1 50[34] /);
    expect(asked).not.toContain("/third");
  });

  it("have a bounded head, and every head is read strictly", async () => {
    const answers: Record<string, string> = {
      "/large": `HTTP/1.1 200 OK\r\na: ${"x".repeat(70_000)}`,
      "/folded": "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n",
      "/both": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "/switch": "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
    };
    const pod = podOf((socket, path) => void socket.write(answers[path] ?? ok("fine")));
    await using it = await openGateway(pod);
    for (const path of Object.keys(answers)) {
      expect(await say(it.port, request(path)), path).toMatch(/^HTTP\/1\.1 502 [\s\S]*POD_RESET/);
    }
    expect(await say(it.port, request("/fine"))).toMatch(/fine$/);
  });

  it("pass an answer that comes byte by byte, and one that ends with its connection", async () => {
    const pod = podOf((socket, path) => {
      if (path === "/close") socket.end("HTTP/1.1 200 OK\r\n\r\nto the end");
      else {
        const text =
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nt: 1\r\n\r\n";
        let at = 0;
        const more = (): void => {
          socket.write(text[at++]!, () => at < text.length && setImmediate(more));
        };
        more();
      }
    });
    await using it = await openGateway(pod);
    expect(await say(it.port, request("/close"))).toMatch(/\r\n\r\n[\s\S]*to the end/);
    const slow = await fetch(`${it.url}/slow`, { headers: { "x-route-uid": "u" } });
    expect(await slow.text()).toBe("hello world");
  });
});

it("a pod that accepts no connection: 503 with Retry-After", async () => {
  await using it = await openGateway(createServer());
  it.podServer.close();
  await once(it.podServer, "close");
  expect(await say(it.port, request())).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1[\s\S]*POD_UNREACHABLE/i);
});
