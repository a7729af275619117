import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { openClient, openGateway, say } from "./gateway-harness.ts";
import { until } from "./harness.ts";

const head = "Host: gateway\r\nx-route-uid: u\r\n";

describe("what passes through", () => {
  it("keeps headers as they were spelled, in order and twice, both ways; drops those of one connection and ours", async () => {
    let seen: string[] = [];
    await using it = await openGateway((req, res) => {
      seen = req.rawHeaders;
      res.writeHead(200, "Fine", [
        ...["X-One", "1", "x-one", "2", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Route-Load", "3"],
        ...["Connection", "X-Private", "X-Private", "secret", "Content-Length", "2"],
      ]);
      res.end("ok");
    });
    const answer = await say(
      it.port,
      `GET /p?q=1 HTTP/1.1\r\n${head}X-Twice: 1\r\nx-TWICE: 2\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Route-Fence: 99\r\n\r\n`,
    );
    const names = seen.filter((_, index) => index % 2 === 0);
    expect(names).toEqual(expect.arrayContaining(["X-Twice", "x-TWICE", "x-route-fence", "x-route-secret"]));
    expect(names.map((name) => name.toLowerCase())).not.toEqual(expect.arrayContaining(["x-hop"]));
    expect(names).not.toContain("TE");
    expect(seen[seen.indexOf("x-route-fence") + 1]).toBe("7");
    expect(names.filter((name) => name.toLowerCase() === "x-route-fence")).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/X-One: 1\r\nx-one: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(answer).not.toMatch(/x-route-|x-private/i);
    expect(answer).toMatch(/\r\n\r\nok$/);
  });

  it("makes one write of a small answer, and sends the first event of a stream at once", async () => {
    await using it = await openGateway((req, res) => {
      if (req.url === "/small") res.end("small");
      else {
        res.writeHead(200, { "content-type": "text/event-stream" });
        if (req.url === "/event") res.write("data: 1\n\n");
        else res.flushHeaders();
      }
    });
    using small = await openClient(it.port, `GET /small HTTP/1.1\r\n${head}\r\n`);
    const [chunk] = (await once(small.socket, "data")) as [Buffer];
    expect(chunk.toString()).toMatch(/content-length: 5[\s\S]*\r\n\r\nsmall$/i);
    using event = await openClient(it.port, `GET /event HTTP/1.1\r\n${head}\r\n`);
    await until("the first event", () => event.heard.text.includes("data: 1"));
    using flushed = await openClient(it.port, `GET /flush HTTP/1.1\r\n${head}\r\n`);
    await until("the head", () => flushed.heard.text.includes("text/event-stream"));
  });

  it("answers expect: 100-continue itself when the body is wanted, and passes on early hints", async () => {
    await using it = await openGateway(async (req, res) => {
      res.writeEarlyHints({ link: "</a.css>; rel=preload" });
      res.end(`${req.headers.expect ?? "none"} ${await text(req)}`);
    });
    const request = (size: number) =>
      `POST / HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`;
    using client = await openClient(it.port, request(4));
    await until("the go-ahead", () => client.heard.text.includes("100 Continue"));
    client.socket.write("body");
    await client.ended;
    expect(client.heard.text).toMatch(/103 Early Hints\r\nLink: <\/a.css>; rel=preload[\s\S]*none body/);
    const refused = await say(it.port, request(2 ** 31));
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("answers HEAD, 204 and 304 without a body, and asks for the path of an absolute request line", async () => {
    await using it = await openGateway((req, res) => {
      if (req.url === "/204") res.writeHead(204).end();
      else if (req.url === "/304") res.writeHead(304, { etag: "1" }).end();
      else res.writeHead(200, { "content-length": 3, "x-path": `${req.headers.host}${req.url}` }).end("abc");
    });
    const ask = (line: string) => say(it.port, `${line} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    expect(await ask("HEAD /")).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-length: 3\r\n[\s\S]*\r\n\r\n$/i);
    expect(await ask("GET /204")).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/);
    expect(await ask("GET /304")).toMatch(/^HTTP\/1\.1 304 [\s\S]*\r\n\r\n$/);
    expect(await ask("GET http://other/x?y")).toContain("x-path: other/x?y");
    expect(await ask("OPTIONS *")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await ask("TRACE /")).toMatch(/^HTTP\/1\.1 405 /);
  });
});

describe("a request that cannot be run", () => {
  const refuseOnce = () => {
    let asked = 0;
    const bodies: string[] = [];
    const pod = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      if (asked++ === 0) {
        res.writeHead(421, { "x-route-refused": "not-owner" }).end("no");
        return;
      }
      bodies.push(await text(req));
      res.end("done");
    };
    return { pod, bodies, asked: () => asked };
  };

  it.each([
    ["small", "content-length: 5\r\n\r\nhello", "hello"],
    ["chunked", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"],
  ])("is sent again after a refusal: %s body", async (_, rest, body) => {
    const story = refuseOnce();
    await using it = await openGateway((req, res) => void story.pod(req, res));
    const answer = await say(it.port, `POST / HTTP/1.1\r\n${head}connection: close\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*done$/);
    expect(story.bodies).toEqual([body]);
  });

  it("is not sent again once more of its body has gone than was kept", async () => {
    await using it = await openGateway(async (req, res) => {
      for await (const chunk of req) if ((chunk as Buffer).length > 0) break;
      res.writeHead(421, { "x-route-refused": "lease" }).end();
    });
    const body = "x".repeat(500_000);
    const answer = await say(it.port, `POST / HTTP/1.1\r\n${head}content-length: ${body.length}\r\n\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1[\s\S]*OWNER_CHANGED/i);
  });

  it("is not sent again for longer than it may", async () => {
    let asked = 0;
    const pod = (_req: IncomingMessage, res: ServerResponse): void => {
      asked++;
      res.writeHead(421, { "x-route-refused": "moving" }).end();
    };
    await using it = await openGateway(pod, { replayForMs: 100 });
    const answer = await say(it.port, `GET / HTTP/1.1\r\n${head}connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*OWNER_CHANGED/);
    expect(asked).toBeGreaterThan(1);
  });

  it("a 421 of user code is an answer like any other", async () => {
    await using it = await openGateway((_req, res) => res.writeHead(421).end("mine"));
    const answer = await say(it.port, `GET / HTTP/1.1\r\n${head}connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 421 [\s\S]*mine$/);
  });
});

it("a body of unknown length that grows too large is cut and answered 413", async () => {
  await using it = await openGateway(
    (req, res) =>
      void text(req).then(
        () => res.end(),
        () => {},
      ),
    { maxBodyBytes: 10 },
  );
  const chunk = "8\r\nabcdefgh\r\n";
  const request = `POST / HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\n`;
  expect(await say(it.port, request + chunk + chunk)).toMatch(/^HTTP\/1\.1 413 [\s\S]*BODY_TOO_LARGE/);
});

describe("pods that break off", () => {
  const after: Record<string, string | undefined> = {
    "before a byte": "",
    "in the head": "HTTP/1.1 200 OK\r\ncontent-le",
    "after the head": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
    "in the body": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    "in a chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
  };
  it.each(Object.entries(after))("%s: 502, or a cut answer, and the next request is served", async (_, said = "") => {
    let calls = 0;
    const pod = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        if (calls++ > 0) socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
        else socket.write(said, () => setTimeout(() => socket.resetAndDestroy(), 20));
      });
    });
    await using it = await openGateway(pod);
    const cut = await say(it.port, `GET / HTTP/1.1\r\n${head}connection: close\r\n\r\n`);
    if (cut.startsWith("HTTP/1.1 502 ")) expect(cut).toContain("POD_RESET");
    else expect(cut).not.toMatch(/0\r\n\r\n$/);
    expect(await say(it.port, `GET / HTTP/1.1\r\n${head}connection: close\r\n\r\n`)).toMatch(/ok$/);
    expect(it.served).toHaveLength(2);
  });

  it("by silence: 504", async () => {
    await using it = await openGateway(() => {}, { upstreamTimeoutMs: 100 });
    const answer = await say(it.port, `GET / HTTP/1.1\r\n${head}connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 504 [\s\S]*POD_TIMEOUT/);
  });
});

describe("clients that leave", () => {
  it("end their request to the pod, before and during its answer", async () => {
    let open = 0;
    await using it = await openGateway((req, res) => {
      open++;
      res.once("close", () => open--);
      if (req.url === "/begun") res.write("first");
    });
    for (const path of ["/silent", "/begun"]) {
      using client = await openClient(it.port, `GET ${path} HTTP/1.1\r\n${head}\r\n`);
      await until("the pod is asked", () => open === 1);
      client.socket.destroy();
      await until("the pod is told", () => open === 0);
    }
    await until("both are told of", () => it.served.length === 2);
    expect(it.served.map(({ status }) => status)).toEqual([499, 499]);
  });

  it("in the middle of a body end the upload", async () => {
    let asked = false;
    let aborted = false;
    await using it = await openGateway((req) => {
      asked = true;
      req.resume();
      req.once("close", () => {
        aborted = !req.complete;
      });
    });
    using client = await openClient(it.port, `POST / HTTP/1.1\r\n${head}content-length: 1000000\r\n\r\nsome`);
    await until("the pod is asked", () => asked);
    client.socket.destroy();
    await until("the pod is told", () => aborted);
  });

  it("that are too slow are answered 408, those that close their half have left", async () => {
    await using it = await openGateway(() => {}, { headersTimeoutMs: 100 });
    using slow = await openClient(it.port, "GET / HTTP/1.1\r\nHost: ga");
    await slow.ended;
    expect(slow.heard.text).toMatch(/^HTTP\/1\.1 408 /);
    await using other = await openGateway(() => {});
    using half = await openClient(other.port, `GET / HTTP/1.1\r\n${head}\r\n`);
    half.socket.end();
    await half.ended;
    await until("the end", () => other.served.at(-1)?.status === 499);
  });
});
