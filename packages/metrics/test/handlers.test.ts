import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { PerformanceMonitor } from "@route/metrics";
import { expect, it } from "vitest";
import { patience } from "./patience.ts";

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
};

it("serves scrapes over node:http by Accept and Accept-Encoding", async () => {
  using monitor = new PerformanceMonitor();
  await using server = createServer(monitor.metricsHandler());
  const url = await listen(server);
  const get = (headers: Record<string, string>, method = "GET") => fetch(url, { headers, method });

  const text = await get({ accept: "text/plain", "accept-encoding": "identity" });
  expect(text.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await text.text()).toBe((await monitor.render()).body);

  const prometheus = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  const openMetrics = await get({ accept: prometheus, "accept-encoding": "gzip" });
  expect(openMetrics.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(openMetrics.headers.get("content-encoding")).toBe("gzip");
  expect((await openMetrics.text()).endsWith("# EOF\n")).toBe(true);

  const json = await get({ accept: "application/json" });
  expect(await json.json()).toHaveLength(11);

  const head = await get({ "accept-encoding": "identity" }, "HEAD");
  expect(Number(head.headers.get("content-length"))).toBe(Buffer.byteLength((await monitor.render()).body));
  expect((await get({}, "POST")).status).toBe(405);
});

it("serves scrapes in fetch style", async () => {
  using monitor = new PerformanceMonitor();
  const handler = monitor.fetchHandler();
  const zipped = await handler(new Request("http://pod/metrics", { headers: { "accept-encoding": "gzip;q=0.5" } }));
  expect(gunzipSync(await zipped.bytes()).toString()).toBe((await monitor.render()).body);
  const plain = await handler(new Request("http://pod/metrics", { headers: { "accept-encoding": "gzip;q=0" } }));
  expect(plain.headers.get("content-encoding")).toBeNull();
  const head = await handler(new Request("http://pod/metrics", { method: "HEAD" }));
  expect(Number(head.headers.get("content-length"))).toBe((await plain.bytes()).length);
  expect(head.body).toBeNull();
});

it("records every request of a server in one line", async () => {
  using monitor = new PerformanceMonitor();
  await using server = createServer((request, response) => {
    response.statusCode = request.url === "/fail" ? 503 : 200;
    response.end("ok");
  });
  const url = await listen(server);
  const instrumented = monitor.instrument(server, { ignore: ({ url }) => url === "/healthz" });
  for (const path of ["/", "/fail", "/healthz", "/"]) await (await fetch(new URL(path, url))).text();
  instrumented[Symbol.dispose]();
  await (await fetch(url)).text();
  await expect.poll(() => monitor.snapshot().request_total, patience).toBe(3);
  expect(monitor.snapshot().request_errors).toBe(1);
});

it("asks isSuccess what counts, and lets the server go at close", async () => {
  const monitor = new PerformanceMonitor();
  await using server = createServer((request, response) => {
    response.statusCode = request.url === "/none" ? 404 : 200;
    response.end("ok");
  });
  const url = await listen(server);
  const [handler] = server.listeners("request");
  monitor.instrument(server, { isSuccess: ({ statusCode }) => statusCode < 400 });
  expect(server.listeners("request").at(-1), "what the handler does at once is measured").toBe(handler);
  for (const path of ["/", "/none"]) await (await fetch(new URL(path, url))).text();
  await expect.poll(() => monitor.snapshot().request_total, patience).toBe(2);
  expect(monitor.snapshot().request_errors).toBe(1);
  expect(server.listenerCount("request")).toBe(2);
  monitor.close();
  expect(server.listenerCount("request")).toBe(1);
});

it("counts a request that the client gave up as failed", async () => {
  using monitor = new PerformanceMonitor();
  await using server = createServer((_, response) => void response.write("never the end"));
  const url = await listen(server);
  monitor.instrument(server);
  const aborted = new AbortController();
  await fetch(url, { signal: aborted.signal });
  aborted.abort();
  await expect.poll(() => monitor.snapshot().request_errors, patience).toBe(1);
});
