import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openWebSocket } from "../bench/support/load.ts";
import { type ProxyProcess, startNode } from "../bench/support/processes.ts";
import { listenOn, openClient } from "./gateway-harness.ts";
import { until } from "./harness.ts";

const mebibyte = 1024 * 1024;
const sizeBytes = 100 * mebibyte;
const head = "Host: g\r\nx-route-uid: u0\r\nconnection: close\r\n";

interface Usage {
  readonly rss: number;
  readonly external: number;
  readonly heapUsed: number;
  readonly descriptors: number;
}

const usageOf = async ({ child }: ProxyProcess): Promise<Usage> => {
  child.send("memory");
  return (await once(child, "message"))[0] as Usage;
};

/** Reads nothing for a while, then all; the most that the gateway held meanwhile, beyond what it had before. */
const heldWhile = async (gateway: ProxyProcess, before: Usage, done: () => boolean): Promise<number> => {
  let most = 0;
  while (!done()) {
    const { external, heapUsed } = await usageOf(gateway);
    most = Math.max(most, external + heapUsed - before.external - before.heapUsed);
    await sleep(100);
  }
  return most;
};

it("100 MB pass both ways at the pace of a slow reader, and the gateway never holds much of them", async () => {
  let received = 0;
  const pod = createServer((req, res) => {
    if (req.method === "GET") {
      res.writeHead(200, { "content-length": sizeBytes });
      const chunk = Buffer.alloc(mebibyte);
      let left = sizeBytes / mebibyte;
      const more = (): void => {
        while (left > 0) {
          left--;
          if (!res.write(chunk)) return void res.once("drain", more);
        }
        res.end();
      };
      more();
      return;
    }
    setTimeout(() => {
      req.on("data", (chunk: Buffer) => {
        received += chunk.length;
      });
    }, 500);
    req.once("end", () => res.end("stored"));
  });
  const port = await listenOn(pod);
  using gateway = await startNode("bare", `127.0.0.1:${port}`);
  const before = await usageOf(gateway);

  using down = await openClient(gateway.port);
  down.socket.removeAllListeners("data");
  down.socket.pause();
  let delivered = 0;
  let ended = false;
  down.socket.once("close", () => {
    ended = true;
  });
  down.socket.write(`GET / HTTP/1.1\r\n${head}\r\n`);
  setTimeout(() => {
    down.socket.on("data", (chunk: Buffer) => {
      delivered += chunk.length;
    });
    down.socket.resume();
  }, 500);
  down.socket.once("end", () => down.socket.end());
  expect(await heldWhile(gateway, before, () => ended)).toBeLessThan(20 * mebibyte);
  expect(delivered).toBeGreaterThan(sizeBytes);

  using up = await openClient(gateway.port, `POST / HTTP/1.1\r\n${head}content-length: ${sizeBytes}\r\n\r\n`);
  for (let part = 0; part < sizeBytes / mebibyte; part++) up.socket.write(Buffer.alloc(mebibyte));
  expect(await heldWhile(gateway, before, () => up.heard.text.endsWith("stored"))).toBeLessThan(20 * mebibyte);
  expect(received).toBe(sizeBytes);
  pod.close();
});

it("10,000 idle WebSockets on two gateways come and go, and leave no descriptor behind", async () => {
  // Each takes two descriptors, and many machines give a process no more than 20,000.
  const each = 5000;
  using echo = await startNode("echo");
  using first = await startNode("bare", `127.0.0.1:${echo.port}`);
  using second = await startNode("bare", `127.0.0.1:${echo.port}`);
  const gateways = [first, second];
  const before = await Promise.all(gateways.map(usageOf));
  const sockets: Socket[] = [];
  for (let at = 0; at < each; at += 25) {
    const some = gateways.flatMap(({ port }) =>
      Array.from({ length: 25 }, (_, index) => openWebSocket(port, at + index)),
    );
    sockets.push(...(await Promise.all(some)));
  }
  for (const [index, gateway] of gateways.entries()) {
    const full = await usageOf(gateway);
    expect(full.descriptors).toBeGreaterThanOrEqual(before[index]!.descriptors + 2 * each);
    expect((full.rss - before[index]!.rss) / each).toBeLessThan(50 * 1024);
  }
  for (const socket of sockets) socket.destroy();
  for (const [index, gateway] of gateways.entries()) {
    await until("all are closed", async () => (await usageOf(gateway)).descriptors <= before[index]!.descriptors + 10);
  }
});
