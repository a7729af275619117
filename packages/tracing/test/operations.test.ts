import { SpanKind } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { setUp } from "./_tracer.ts";

describe("the operations of a stateful service", () => {
  it("record a cache hit at the end, with the key hashed", async () => {
    const { tracer, exporter } = setUp({ hashSecret: "s" });
    expect(await tracer.traceCacheOperation("get", { key: "user:7", cacheName: "near" }, async () => 5)).toBe(5);
    tracer.traceCacheOperation("get", { key: "user:7" }, () => undefined);
    tracer.traceCacheOperation("set", { key: "user:8" }, () => undefined);
    const [hit, miss, set] = exporter.spans.map(({ attributes }) => attributes);
    expect(hit).toMatchObject({ "route.cache.operation": "get", "route.cache.name": "near", "route.cache.hit": true });
    expect(miss!["route.cache.hit"]).toBe(false);
    expect(set).not.toHaveProperty("route.cache.hit");
    expect(hit!["route.cache.key.hash"]).toMatch(/^[0-9a-f]{16}$/);
    expect(hit!["route.cache.key.hash"]).toBe(miss!["route.cache.key.hash"]);
    expect(JSON.stringify(exporter.spans.map(({ attributes }) => attributes))).not.toContain("user:");
    expect(exporter.spans[0]!.name).toBe("cache.get");
  });

  it("record the chosen pod, also pod 0", () => {
    const { tracer, only } = setUp();
    const options = { service: "chat", podCount: 3, algorithm: "p2c", attempt: 1 };
    tracer.traceLoadBalancerOperation("select", options, () => 0);
    expect(only().attributes).toEqual({
      "route.lb.operation": "select",
      "route.lb.service": "chat",
      "route.lb.candidates": 3,
      "route.lb.algorithm": "p2c",
      "route.lb.attempt": 1,
      "route.pod.index": 0,
    });
  });

  it("record a failed health check as an error", () => {
    const { tracer, exporter } = setUp();
    tracer.traceHealthCheck("chat", { podId: 2 }, () => true);
    tracer.traceHealthCheck("chat", { podId: 2, success: (code) => code === 200 }, () => 503);
    expect(exporter.spans.map((span) => [span.attributes["route.health.success"], span.status.code])).toEqual([
      [true, 0],
      [false, 2],
    ]);
  });

  it("name Redis commands as the semantic conventions do", () => {
    const { tracer, only } = setUp();
    tracer.traceRedisCommand(
      "EVALSHA",
      { target: "link", script: "claim", databaseIndex: 0, serverPort: 6379 },
      () => 1,
    );
    expect(only()).toMatchObject({
      name: "EVALSHA link",
      kind: SpanKind.CLIENT,
      attributes: {
        "db.system.name": "redis",
        "db.operation.name": "EVALSHA",
        "db.namespace": "0",
        "server.port": 6379,
      },
    });
  });

  it("record pod and outcome of a look-up, and not the uid", () => {
    const { tracer, only } = setUp();
    const options = { service: "chat", uid: "u-1", pod: (link: { pod: number }) => link.pod, outcome: () => "created" };
    tracer.traceRouteLookup(options, () => ({ pod: 4 }));
    expect(only().attributes).toMatchObject({ "route.pod.index": 4, "route.link.outcome": "created" });
    expect(JSON.stringify(only().attributes)).not.toContain("u-1");
  });

  it("use the names of the Go design where asked, and show or omit keys where asked", () => {
    const go = setUp({ legacyNames: true, keys: "plain" });
    go.tracer.traceCacheOperation("get", { key: "k" }, () => 1);
    expect(go.only().attributes).toEqual({ "cache.operation": "get", "cache.key": "k", "cache.hit": true });
    const silent = setUp({ keys: "omit" });
    silent.tracer.traceCacheOperation("get", { key: "k" }, () => 1);
    expect(silent.only().attributes).toEqual({ "route.cache.operation": "get", "route.cache.hit": true });
  });

  it("do not fail when a selector of the caller does", () => {
    const { tracer, only } = setUp();
    const hit = () => {
      throw new Error("selector");
    };
    expect(tracer.traceCacheOperation("get", { hit }, () => 9)).toBe(9);
    expect(only().events.map(({ name }) => name)).toEqual(["route.outcome.unreadable"]);
  });
});
