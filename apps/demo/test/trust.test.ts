import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { identifyBy } from "../src/gateway/identity/identify.ts";
import { SignedCookie } from "../src/gateway/identity/signed-cookie.ts";
import { headerSource, pathSource } from "../src/gateway/identity/sources.ts";
import { LinkLimit } from "../src/gateway/link-limit.ts";
import { openGateway, say } from "./gateway-harness.ts";
import { openDemo } from "./harness.ts";

const request = (url: string, headers: Record<string, string> = {}): IncomingMessage =>
  ({ url, headers }) as unknown as IncomingMessage;

const key = "a key of 16 chars";

describe("where a uid comes from", () => {
  it("a part of the path, decoded; other paths have none", () => {
    const { read } = pathSource("/rooms/:uid/*");
    expect(read(request("/rooms/a%20b/x/y?z"))).toBe("a b");
    expect(read(request("/rooms/a"))).toBe("a");
    for (const url of ["/room/a/x", "/rooms//x", "/"]) expect(read(request(url)), url).toBeUndefined();
    expect(pathSource("/:uid").read(request("/u"))).toBe("u");
    for (const bad of ["rooms/:uid", "/rooms", "/:uid/:uid", "/*/:uid", "/a:b/:uid"]) {
      expect(() => pathSource(bad), bad).toThrow(TypeError);
    }
  });

  it("a cookie that the gateway signed, until it expires, also by an older key; not a changed one", () => {
    let nowMs = 0;
    const now = (): number => nowMs;
    const cookie = new SignedCookie({ keys: [key], maxAgeSeconds: 60, now });
    const { uid, setCookie } = cookie.issue("alice");
    const pair = setCookie.split(";")[0]!;
    const read = (by: SignedCookie, value: string) => by.read(request("/", { cookie: `x=1; ${value}` }));
    expect([uid, read(cookie, pair)]).toEqual(["alice", "alice"]);
    expect(setCookie).toMatch(/HttpOnly; SameSite=Lax; Secure$/);
    expect(read(new SignedCookie({ keys: ["another key of 16", key], now }), pair)).toBe("alice");
    expect(read(new SignedCookie({ keys: ["another key of 16"], now }), pair)).toBeUndefined();
    const forged = pair.replace(
      Buffer.from("alice").toString("base64url"),
      Buffer.from("mallory").toString("base64url"),
    );
    expect(read(cookie, forged)).toBeUndefined();
    nowMs = 60_000;
    expect(read(cookie, pair)).toBeUndefined();
    expect(() => new SignedCookie({ keys: ["short"] })).toThrow(TypeError);
  });

  it("is issued with the first answer, and kept from then on", async () => {
    const signedCookie = new SignedCookie({ keys: [key] });
    const identify = identifyBy({ sources: [], signedCookie });
    await using it = await openGateway((req, res) => res.end(req.headers["x-route-uid"]), { identify });
    const ask = (cookie = "") => say(it.port, `GET / HTTP/1.1\r\nHost: g\r\nconnection: close\r\n${cookie}\r\n`);
    const first = await ask();
    const pair = /set-cookie: ([^;]+);/.exec(first)![1]!;
    const uid = first.split("\r\n\r\n")[1];
    const second = await ask(`cookie: ${pair}\r\n`);
    expect(second.split("\r\n\r\n")[1]).toBe(uid);
    expect(second).not.toMatch(/set-cookie/);
  });
});

describe("links", () => {
  const ask = (port: number) => say(port, "GET / HTTP/1.1\r\nHost: g\r\nx-route-uid: new\r\nconnection: close\r\n\r\n");
  const identify = identifyBy({ sources: [headerSource()] });

  it("are not made where the gateway may not", async () => {
    const route = { peek: () => undefined, forget: () => {}, refreshPods: async () => {} };
    const router = { ...route, resolve: () => Promise.reject(new Error("must not be asked")) };
    const links = { getLinkedPod: async () => undefined };
    await using closed = await openGateway(() => {}, { identify, router, links, create: false });
    expect(await ask(closed.port)).toMatch(/^HTTP\/1\.1 404 [\s\S]*UID_UNKNOWN/);
    const limit = new LinkLimit({ linksPerMinute: 1 });
    limit.take("127.0.0.1");
    await using limited = await openGateway(() => {}, { identify, router, links, linkLimit: limit });
    expect(await ask(limited.port)).toMatch(/^HTTP\/1\.1 429 [\s\S]*retry-after: \d+[\s\S]*TOO_MANY_LINKS/i);
  });

  it("are counted per address and per /64, in a bounded table", () => {
    let nowMs = 0;
    const limit = new LinkLimit({ linksPerMinute: 60, burst: 2, maxSources: 3, now: () => nowMs });
    expect([limit.take("10.0.0.1"), limit.take("10.0.0.1"), limit.take("10.0.0.1")]).toEqual([0, 0, 1000]);
    expect(limit.take("10.0.0.2")).toBe(0);
    nowMs = 1000;
    expect(limit.take("10.0.0.1")).toBe(0);
    expect([limit.take("2001:db8::1"), limit.take("2001:db8:0:0:5::2")]).toEqual([0, 0]);
    expect(limit.take("2001:db8::3")).toBeGreaterThan(0);
    for (let host = 0; host < 10; host++) limit.take(`10.1.0.${host}`);
    expect(limit.size).toBe(3);
  });
});

it("the admin listener refuses foreign names and pages of other sites", async () => {
  await using demo = await openDemo({ pods: 1 });
  const { port } = new URL(demo.demo.adminUrl);
  const ask = (host: string, more = "") =>
    say(
      Number(port),
      `GET /pods HTTP/1.1\r\nHost: ${host}\r\n${more}authorization: Bearer token\r\nconnection: close\r\n\r\n`,
    );
  expect(await ask(`evil.example:${port}`)).toMatch(/^HTTP\/1\.1 403 [\s\S]*"HOST"/);
  expect(await ask(`localhost:${port}`, "Origin: http://evil.example\r\n")).toMatch(/^HTTP\/1\.1 403 [\s\S]*"ORIGIN"/);
  expect(await ask(`localhost:${port}`, `Origin: http://localhost:${port}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
});
