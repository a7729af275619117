import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire, stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

const executablePath = "/usr/bin/chromium";
const root = join(import.meta.dirname, "..");
const quickLru = createRequire(import.meta.url).resolve("quick-lru");

const page = `<!doctype html><meta charset="utf-8">
<script type="importmap">{"imports": {"@route/cache": "/src/index.ts", "quick-lru": "/quick-lru.js"}}</script>`;

/** The package's own sources with their types stripped, as a bundler would give them to a browser. */
const answer = (path: string): { type: string; body: string } | undefined => {
  if (path === "/") return { type: "text/html", body: page };
  if (path === "/quick-lru.js") return { type: "text/javascript", body: readFileSync(quickLru, "utf8") };
  const file = join(root, normalize(path));
  if (!path.startsWith("/src/") || !existsSync(file)) return undefined;
  return { type: "text/javascript", body: stripTypeScriptTypes(readFileSync(file, "utf8")) };
};

let server: Server;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(executablePath))
    throw new Error("This test needs a browser: install Debian's package chromium (apt-get install chromium)");
  server = createServer((request, response) => {
    const found = answer(request.url ?? "/");
    response.writeHead(found === undefined ? 404 : 200, { "content-type": found?.type ?? "text/plain" });
    response.end(found?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

it("works in a browser: strategies, lifetimes, loader, optimizer", async () => {
  const tab = await browser.newPage();
  const failures: string[] = [];
  tab.on("pageerror", (error) => failures.push(error.message));
  await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  // A text, since what runs in the browser resolves its imports there.
  const result = await tab.evaluate(`(async () => {
    const { Cache, CacheOptimizer } = await import("@route/cache");
    const sizes = [];
    for (const strategy of ["adaptive", "lru", "lfu", "ttl"]) {
      const cache = new Cache({ maxSize: 100, strategy, ttlMs: 60000, cleanupIntervalMs: 1000 });
      for (let i = 0; i < 20000; i++) {
        const key = "key " + ((i * i) % 331);
        if (cache.get(key) === undefined) cache.set(key, i);
      }
      sizes.push(cache.size, cache.stats().hits > 0);
      cache.close();
    }
    const cache = new Cache({ maxSize: 10 });
    const loaded = await Promise.all([cache.load("a", async () => 1), cache.load("a", async () => 2)]);
    const decision = new CacheOptimizer({ cache }).optimize();
    return { sizes, loaded, action: decision.action };
  })()`);
  expect(failures).toEqual([]);
  expect(result).toEqual({
    sizes: [100, true, 100, true, 100, true, 100, true],
    loaded: [1, 1],
    action: "wait",
  });
});
