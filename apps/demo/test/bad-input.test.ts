import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkStores, openDemo } from "./harness.ts";

describe.each(linkStores)("bad input, with links in %s", (_name, openStore) => {
  let store: Awaited<ReturnType<typeof openStore>>;
  let demo: Awaited<ReturnType<typeof openDemo>>;
  beforeAll(async () => {
    store = await openStore();
    demo = await openDemo({ pods: 1, redisUrl: store.redisUrl });
  });
  afterAll(async () => {
    await demo?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
  });

  it("without a uid: 400, and where a uid may stand", async () => {
    const { status, body } = await demo.send(demo.demo.url);
    expect(status).toBe(400);
    expect(body.error!.code).toBe("UID_MISSING");
    expect(body.error!.message).toBe(
      "the request names no uid: put it in the header x-route-uid, the query parameter uid, or the cookie uid",
    );
  });

  it.each([
    ["empty", ""],
    ["513 bytes", "x".repeat(513)],
    ["514 bytes in 257 characters", "ü".repeat(257)],
    ["a control character", "a\u0007b"],
    ["a line break", "a\nb"],
    ["an opening brace", "a{b"],
    ["a closing brace", "a}b"],
  ])("a uid that is or has %s: 400", async (_, uid) => {
    const { status, body } = await demo.send(`${demo.demo.url}/?uid=${encodeURIComponent(uid)}`);
    expect([status, body.error!.code]).toEqual([400, "UID_INVALID"]);
    expect(body.error!.message).toMatch(/^uid must be .*a uid stands in the header/);
  });

  it("512 bytes, spaces, colons, emoji: fine, in each of the three places, and one uid in all", async () => {
    for (const uid of ["y".repeat(512), "a:b c", "Jürgen 🦊", "100%"]) {
      const query = await demo.send(`${demo.demo.url}/?uid=${encodeURIComponent(uid)}`);
      expect(query, uid).toMatchObject({ status: 200, body: { uid, count: 1 } });
      const cookie = await demo.send(demo.demo.url, { headers: { cookie: `a=b; uid=${encodeURIComponent(uid)}` } });
      expect(cookie, uid).toMatchObject({ status: 200, body: { uid, count: 2 } });
      const bytes = Buffer.from(uid).toString("latin1");
      const header = await demo.send(demo.demo.url, { headers: { "x-route-uid": bytes } });
      expect(header, uid).toMatchObject({ status: 200, body: { uid, count: 3 } });
    }
  });

  it("our own headers from a client change nothing", async () => {
    const headers = {
      "x-route-uid": "mallory",
      "x-route-fence": "1",
      "x-route-secret": "guess",
      "x-route-refused": "lease",
    };
    const { status, body, headers: answered } = await demo.send(demo.demo.url, { headers });
    expect([status, body.uid]).toEqual([200, "mallory"]);
    expect([...answered.keys()].filter((name) => name.startsWith("x-route-"))).toEqual([]);
  });

  it("bodies arrive, small and large, and a refused large one is not replayed", async () => {
    for (const size of [1, 70_000, 1_000_000]) {
      const body = Buffer.alloc(size, "b");
      expect((await demo.send(`${demo.demo.url}/?uid=body`, { method: "POST", body })).status, `${size}`).toBe(200);
    }
  });

  it("nonsense instead of HTTP is answered and harms nobody", async () => {
    const { port } = new URL(demo.demo.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.write("\u0000nonsense\r\n\r\n"));
      socket.once("data", (data) => resolve(data.toString()));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await demo.get("after")).status).toBe(200);
  });

  it("a client that leaves in the middle harms nobody", async () => {
    await demo.admin("/pods/0/fault?delayMs=60000", "POST");
    const abort = new AbortController();
    const left = demo.send(`${demo.demo.url}/?uid=left`, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(left).rejects.toThrow();
    await demo.admin("/pods/0/fault?delayMs=0", "POST");
    expect((await demo.get("left")).status).toBe(200);
  });

  it("the admin listener wants its token, and tells what it does not have", async () => {
    for (const path of ["/metrics", "/report", "/links/a", "/pods", "/"]) {
      expect((await demo.send(demo.demo.adminUrl + path)).status, path).toBe(401);
      expect((await demo.send(`${demo.demo.adminUrl}${path}?token=wrong`)).status, path).toBe(401);
    }
    expect((await demo.send(`${demo.demo.adminUrl}/?token=token`)).status).toBe(200);
    expect(await demo.admin("/links/nobody")).toMatchObject({ status: 404, body: { error: { code: "NOT_LINKED" } } });
    expect(await demo.admin("/links/a%7Bb")).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_ARGUMENT" } },
    });
    expect((await demo.admin("/links/%zz")).status).toBe(400);
    expect((await demo.admin("/nothing")).status).toBe(404);
    expect((await demo.admin("/pods?count=x", "POST")).status).toBe(400);
    expect((await demo.admin("/pods/9/fault?reset=true", "POST")).status).toBe(404);
  });

  it("no live pod: 503 with Retry-After", async () => {
    await using alone = await openDemo({ pods: 1, redisUrl: store.redisUrl });
    const { child } = alone.pod(0);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.send({ type: "stop" });
    await ended;
    const { status, headers, body } = await alone.get("nobody");
    expect([status, body.error!.code]).toEqual([503, "NO_LIVE_POD"]);
    expect(headers.get("retry-after")).toBe("1");
  });
});
