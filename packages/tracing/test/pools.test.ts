import { SpanKind } from "@opentelemetry/api";
import { TracingError } from "@route/tracing";
import { AttributeList, BufferPool, SpanPool } from "@route/tracing/processors";
import { describe, expect, it } from "vitest";
import { resource, scope } from "./_spans.ts";

describe("BufferPool", () => {
  it("serves every size from its class, and reuses", () => {
    const pool = new BufferPool({ minBytes: 64, maxBytes: 1_024 });
    for (const [asked, given] of [
      [0, 64],
      [1, 64],
      [64, 64],
      [65, 128],
      [1_000, 1_024],
      [1_024, 1_024],
      [1_025, 1_025],
    ]) {
      const buffer = pool.acquire(asked!);
      expect(buffer).toHaveLength(given!);
      pool.release(buffer);
    }
    expect(pool.stats()).toEqual({ reused: 3, allocated: 4, lent: 0, idleBytes: 64 + 128 + 1_024 });
    pool.clear();
    expect(pool.stats().idleBytes).toBe(0);
  });

  it("detects a double release and a foreign buffer", () => {
    const pool = new BufferPool();
    const buffer = pool.acquire(10);
    pool.release(buffer);
    for (const wrong of [buffer, Buffer.alloc(4_096)]) {
      expect(() => pool.release(wrong)).toThrow(TracingError);
      expect(() => pool.release(wrong)).toThrow(expect.objectContaining({ code: "double-release" }));
    }
  });

  it("keeps a bounded number of idle buffers per class", () => {
    const pool = new BufferPool({ maxIdlePerClass: 2 });
    const buffers = Array.from({ length: 5 }, () => pool.acquire(1));
    for (const buffer of buffers) pool.release(buffer);
    expect(pool.stats()).toMatchObject({ lent: 0, idleBytes: 2 * 4_096 });
  });

  it.each([
    [{ minBytes: 100 }, /minBytes must be a power of two, got 100/],
    [{ minBytes: 128, maxBytes: 64 }, /maxBytes must be at least minBytes \(128\), got 64/],
    [{ maxIdlePerClass: -1 }, /maxIdlePerClass must be an integer of at least 0, got -1/],
  ])("refuses %j", (options, message) => {
    expect(() => new BufferPool(options)).toThrow(message);
  });
});

describe("flat spans", () => {
  it("keep typed attributes, the last value of each key, beyond their first capacity", () => {
    const list = new AttributeList(2);
    list.setText("a", "x");
    list.setNumber("b", 1.5);
    list.setBoolean("c", true);
    list.setBoolean("a", false);
    expect(list.toAttributes()).toEqual({ a: false, b: 1.5, c: true });
    expect(list.get("b")).toBe(1.5);
    expect(list.get("missing")).toBeUndefined();
    list.clear();
    expect([list.size, list.toAttributes()]).toEqual([0, {}]);
  });

  it("come back empty, ids included, and once", () => {
    const pool = new SpanPool();
    const span = pool.acquire();
    Object.assign(span, { traceId: "a".repeat(32), spanId: "b".repeat(16), name: "work", kind: SpanKind.SERVER });
    Object.assign(span, { startedAtMs: 1_790_000_000_000.5, endedAtMs: 1_790_000_000_002, failed: true });
    span.attributes.setNumber("n", 1);
    const finished = span.toFinishedSpan(resource, scope);
    pool.release(span);
    expect(() => pool.release(span)).toThrow(expect.objectContaining({ code: "double-release" }));
    expect(pool.acquire()).toBe(span);
    expect(span).toMatchObject({ traceId: "", spanId: "", name: "", startedAtMs: 0, failed: false });
    expect(span.attributes.size).toBe(0);
    expect(finished).toMatchObject({
      name: "work",
      kind: SpanKind.SERVER,
      startTime: [1_790_000_000, 500_000],
      duration: [0, 1_500_000],
      status: { code: 2 },
      attributes: { n: 1 },
    });
    expect(finished.spanContext().traceId).toBe("a".repeat(32));
    expect(pool.lent).toBe(1);
    expect(() => new SpanPool().release(span)).toThrow(expect.objectContaining({ code: "double-release" }));
  });
});
