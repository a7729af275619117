import { SpanBatch } from "@route/tracing/otlp";
import { BufferPool } from "@route/tracing/processors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { official } from "./_encoding.ts";
import { decodeTraces } from "./_protos.ts";
import { finishedSpan } from "./_spans.ts";

describe("the batch of encoded spans", () => {
  it("splits into halves that hold all spans in order, down to one", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 40 }), (scopes) => {
        const known = { a: { name: "a" }, b: { name: "b" }, c: { name: "c" } };
        const batch = new SpanBatch();
        for (const [index, name] of scopes.entries())
          batch.append(finishedSpan({ name: `${index}`, scope: known[name as "a"] }));
        const whole = batch.frame();
        const halves = whole.split();
        if (scopes.length === 1) {
          expect(halves).toBeUndefined();
          return;
        }
        const names = (traces: typeof whole): string[] =>
          decodeTraces(Buffer.concat(traces.parts)).map(({ name }) => name);
        expect(halves!.map(({ spanCount }) => spanCount)).toEqual([scopes.length >>> 1, Math.ceil(scopes.length / 2)]);
        expect(halves!.flatMap(names)).toEqual(names(whole));
      }),
    );
  });

  it("borrows its memory from a pool, also for a span of several chunks, and gives all of it back once", () => {
    const pool = new BufferPool();
    const batch = new SpanBatch(pool);
    const spans = [1, 200_000, 10, 90_000].map((length) => finishedSpan({ attributes: { text: "x".repeat(length) } }));
    for (const span of [...spans, ...spans]) batch.append(span);
    expect(Buffer.concat(batch.frame().parts).toString("hex")).toBe(official([...spans, ...spans]));
    expect(pool.stats().lent).toBeGreaterThan(0);
    batch.release();
    expect(pool.stats().lent).toBe(0);
    expect(() => batch.release()).toThrow(expect.objectContaining({ code: "double-release" }));
  });

  it("is made again from a copy of its bytes, when its memory holds something else", () => {
    const batch = new SpanBatch();
    for (let index = 0; index < 200; index++) batch.append(finishedSpan({ name: `span ${index}` }));
    const request = batch.frame();
    const copy = Buffer.concat(request.parts);
    const restore = request.detach();
    for (const part of request.parts) part.fill(0);
    const restored = restore(copy);
    expect(Buffer.concat(restored.parts)).toEqual(copy);
    const halves = restored.split()!.flatMap(({ parts }) => decodeTraces(Buffer.concat(parts)));
    expect(halves.map(({ name }) => name)).toEqual(Array.from({ length: 200 }, (_, index) => `span ${index}`));
  });

  it("takes a span back", () => {
    const batch = new SpanBatch();
    batch.append(finishedSpan({ name: "kept" }));
    batch.undo(batch.append(finishedSpan({ name: "gone" })));
    expect(decodeTraces(Buffer.concat(batch.frame().parts)).map(({ name }) => name)).toEqual(["kept"]);
  });

  it("keeps nothing of a span whose attribute throws", () => {
    const batch = new SpanBatch();
    const hostile = Object.defineProperty({ a: 1 }, "b", {
      enumerable: true,
      get: () => {
        throw new Error("hostile");
      },
    });
    batch.append(finishedSpan({ name: "kept" }));
    expect(() => batch.append(finishedSpan({ attributes: hostile }))).toThrow("hostile");
    expect(batch.spanCount).toBe(1);
    expect(decodeTraces(Buffer.concat(batch.frame().parts))).toHaveLength(1);
  });
});
