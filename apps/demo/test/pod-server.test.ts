import { expect, it } from "vitest";
import { leavePodServer, openPodServer } from "../src/pods/pod-server.ts";
import { openClient } from "./gateway-harness.ts";

const blockFor = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it("a pod that leaves refuses what has come before it was quiet for a while, also where it was too busy to look", async () => {
  const server = await openPodServer();
  server.on("request", (_req, res) => res.writeHead(421).end("not mine"));
  const { port } = server.address() as { port: number };
  using client = await openClient(port);
  const left = leavePodServer(server, 50);
  client.socket.write("POST / HTTP/1.1\r\nHost: pod\r\nx-route-uid: u\r\ncontent-length: 0\r\n\r\n");
  blockFor(200);
  await client.ended;
  expect(client.heard.text).toMatch(/^HTTP\/1\.1 421 [\s\S]*connection: close[\s\S]*not mine/i);
  await left;
  await expect(openClient(port)).rejects.toThrow("ECONNREFUSED");
});
