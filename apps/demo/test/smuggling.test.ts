import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { openGateway, say } from "./gateway-harness.ts";

const head = "Host: gateway\r\nx-route-uid: u\r\nconnection: close\r\n";
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: gateway\r\nx-route-uid: u\r\n\r\n";

describe("smuggling and injection", () => {
  it.each([
    [
      "both lengths",
      `POST / HTTP/1.1\r\n${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      "both lengths, the other way round",
      `POST / HTTP/1.1\r\n${head}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ["two content-lengths", `POST / HTTP/1.1\r\n${head}content-length: 4\r\ncontent-length: 5\r\n\r\nabcde`],
    ["a list as content-length", `POST / HTTP/1.1\r\n${head}content-length: 4, 4\r\n\r\nabcd`],
    ["a signed content-length", `POST / HTTP/1.1\r\n${head}content-length: +4\r\n\r\nabcd`],
    ["a negative content-length", `POST / HTTP/1.1\r\n${head}content-length: -4\r\n\r\nabcd`],
    ["a coding beside chunked", `POST / HTTP/1.1\r\n${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["chunked not last", `POST / HTTP/1.1\r\n${head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ["a space before the colon", `POST / HTTP/1.1\r\n${head}content-length : 4\r\n\r\nabcd`],
    ["a bad chunk size", `POST / HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n`],
    ["a chunk without its end", `POST / HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n`],
    ["a bare line feed in the head", `GET / HTTP/1.1\n${head}\r\n`],
    ["a carriage return in a value", `GET / HTTP/1.1\r\n${head}a: b\rc: d\r\n\r\n`],
    ["a NUL in a value", `GET / HTTP/1.1\r\n${head}a: b\u0000c\r\n\r\n`],
    ["no Host", "GET / HTTP/1.1\r\nx-route-uid: u\r\n\r\n"],
    ["two Hosts", `GET / HTTP/1.1\r\n${head}Host: other\r\n\r\n`],
    ["an oversize head", `GET / HTTP/1.1\r\n${head}a: ${"x".repeat(20_000)}\r\n\r\n`],
  ])("%s is refused, and nothing is smuggled", async (_, request) => {
    const paths: string[] = [];
    await using it = await openGateway(async (req, res) => {
      paths.push(req.url ?? "");
      await text(req).catch(() => "");
      res.end("ran");
    });
    const answer = await say(it.port, request);
    expect(answer).toMatch(/^HTTP\/1\.1 4(00|31) /);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(paths).not.toContain("/smuggled");
  });

  it("a folded header reaches the pod unfolded or not at all", async () => {
    let value: string | undefined;
    await using it = await openGateway((req, res) => {
      value = req.headers["a"] as string | undefined;
      res.end();
    });
    await say(it.port, `GET / HTTP/1.1\r\n${head}a: b\r\n c\r\n\r\n`);
    expect(value ?? "").not.toMatch(/[\r\n]/);
  });

  it("a Connection header cannot take the framing away", async () => {
    let body = "";
    await using it = await openGateway(async (req, res) => {
      body = await text(req);
      res.end("ran");
    });
    const answer = await say(
      it.port,
      "POST / HTTP/1.1\r\nHost: g\r\nx-route-uid: u\r\nconnection: close, content-length, host\r\ncontent-length: 4\r\n\r\nabcd",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(body).toBe("abcd");
  });

  it("more headers than node:http counts are not dropped", async () => {
    let names = 0;
    await using it = await openGateway(
      (req, res) => {
        names = req.rawHeaders.filter((name) => name.startsWith("h-")).length;
        res.end();
      },
      { maxHeaderBytes: 64 * 1024 },
    );
    it.podServer.on("request", () => {});
    (it.podServer as import("node:http").Server).maxHeadersCount = 0;
    const many = Array.from({ length: 1500 }, (_, index) => `h-${index}: 1\r\n`).join("");
    expect(await say(it.port, `GET / HTTP/1.1\r\n${head}${many}\r\n`)).toMatch(/^HTTP\/1\.1 (200|431) /);
    expect([0, 1500]).toContain(names);
  });
});
