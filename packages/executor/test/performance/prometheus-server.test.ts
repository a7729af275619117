import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { PrometheusServer } from "../../src/performance/index.ts";
import { newMetrics } from "./fixture.ts";

describe("PrometheusServer", () => {
  it("serves the page of a real registry on a port of the system's choice, and closes", async () => {
    const { registry, metrics } = newMetrics();
    metrics.recordOperation("getLink", "success", 1);
    const server = new PrometheusServer({ render: () => registry.metrics(), port: 0 });
    expect(server.url).toBeUndefined();
    await Promise.all([server.start(), server.start()]);
    const url = server.url!;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await response.text()).toContain('operations_total{operation="getLink",status="success"} 1');
    await server.close();
    await server.close();
    expect(server.url).toBeUndefined();
    await expect(fetch(url)).rejects.toThrow();
  });

  it("starts again after it was closed", async () => {
    await using server = new PrometheusServer({ render: () => "a 1\n", port: 0 });
    await server.start();
    await server.close();
    await server.start();
    expect(await (await fetch(server.url!)).text()).toBe("a 1\n");
  });

  it("passes the content type of the page on, and answers HEAD without a body", async () => {
    const page = { contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", body: "# EOF\n" };
    await using server = new PrometheusServer({ render: () => page, port: 0 });
    await server.start();
    const response = await fetch(server.url!, { method: "HEAD" });
    expect(response.headers.get("content-type")).toBe(page.contentType);
    expect(response.headers.get("content-length")).toBe("6");
    expect(await response.text()).toBe("");
  });

  it("serves nothing else: 404, 405, and 500 when rendering fails", async () => {
    const logged: unknown[] = [];
    const log = { ...console, error: (...details: unknown[]) => logged.push(...details) };
    const failure = new Error("broken collector");
    await using server = new PrometheusServer({ render: () => Promise.reject(failure), port: 0, log });
    await server.start();
    expect((await fetch(new URL("/", server.url))).status).toBe(404);
    const post = await fetch(server.url!, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await fetch(server.url!)).status).toBe(500);
    expect(logged).toContain(failure);
  });

  it("rejects with the system's error where the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const server = new PrometheusServer({ render: () => "", port });
    await expect(server.start()).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: "EADDRINUSE" } });
    await server.close();
    other.close();
  });

  it("refuses a port that is none", () => {
    for (const port of [-1, 65_536, 80.5, Number.NaN]) {
      expect(() => new PrometheusServer({ render: () => "", port })).toThrow(/port must be an integer from 0 to 65535/);
    }
  });

  it("lets a scrape under way end before it closes", async () => {
    const gate = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const server = new PrometheusServer({
      port: 0,
      render: () => {
        asked.resolve();
        return gate.promise;
      },
    });
    await server.start();
    const scrape = request(server.url!).end();
    await asked.promise;
    const closed = server.close();
    gate.resolve("late 1\n");
    const [response] = await once(scrape, "response");
    expect(response.statusCode).toBe(200);
    response.resume();
    await closed;
  });
});
