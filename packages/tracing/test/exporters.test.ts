import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FinishedSpan, FinishedSpanExporter } from "@route/tracing";
import { ConsoleExporter, FanOutExporter, FileExporter, MemoryExporter } from "@route/tracing/exporters";
import { afterAll, describe, expect, it } from "vitest";
import { finishedSpan } from "./_spans.ts";

const folder = mkdtempSync(join(tmpdir(), "route-tracing-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const send = (exporter: FinishedSpanExporter, spans: FinishedSpan[]): Promise<number> =>
  new Promise((resolve) => exporter.export(spans, ({ code }) => resolve(code)));

describe.each<[string, () => FinishedSpanExporter]>([
  ["memory", () => new MemoryExporter()],
  ["console", () => new ConsoleExporter(() => {})],
  ["file", () => new FileExporter(join(folder, "contract.jsonl"))],
  ["fan-out", () => new FanOutExporter({ backends: { memory: new MemoryExporter() } })],
])("the %s exporter", (_, make) => {
  it("takes batches, flushes, and shuts down twice", async () => {
    const exporter = make();
    expect(await send(exporter, [finishedSpan(), finishedSpan()])).toBe(0);
    expect(await send(exporter, [])).toBe(0);
    await exporter.forceFlush?.();
    await exporter.shutdown();
    await exporter.shutdown();
  });
});

describe("MemoryExporter", () => {
  it("keeps the newest spans", async () => {
    const exporter = new MemoryExporter(2);
    await send(exporter, [finishedSpan({ name: "a" }), finishedSpan({ name: "b" }), finishedSpan({ name: "c" })]);
    expect(exporter.spans.map(({ name }) => name)).toEqual(["b", "c"]);
    await send(exporter, new Array<FinishedSpan>(200_000).fill(finishedSpan({ name: "d" })));
    expect(exporter.spans.map(({ name }) => name)).toEqual(["d", "d"]);
    exporter.reset();
    expect(exporter.spans).toEqual([]);
    await exporter.shutdown();
    expect(await send(exporter, [finishedSpan()])).toBe(1);
  });
});

describe("ConsoleExporter", () => {
  it("prints one line per span", async () => {
    const lines: string[] = [];
    const span = finishedSpan({
      name: "GET /",
      status: { code: 2, message: "boom" },
      attributes: { n: 1, big: 2n as never },
    });
    await send(new ConsoleExporter((line) => void lines.push(line)), [span]);
    const { traceId, spanId } = span.spanContext();
    expect(lines).toEqual([`${traceId} ${spanId} SERVER GET / 200.000 ms ERROR boom {"n":1,"big":"2"}`]);
  });
});

describe("FileExporter", () => {
  it("appends one OTLP JSON object per batch, in order", async () => {
    const path = join(folder, "spans.jsonl");
    await using exporter = new FileExporter(path);
    await Promise.all(["a", "b", "c"].map((name) => send(exporter, [finishedSpan({ name })])));
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const names = lines.map((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0].name);
    expect(names).toEqual(["a", "b", "c"]);
  });

  it("reports a file that cannot be written, until it can, and an empty path", async () => {
    const exporter = new FileExporter(join(folder, "missing", "spans.jsonl"));
    const error = await new Promise((resolve) => exporter.export([finishedSpan()], (result) => resolve(result.error)));
    expect(error).toMatchObject({ code: "unusable" });
    mkdirSync(join(folder, "missing"));
    expect(await send(exporter, [finishedSpan()])).toBe(0);
    await exporter.shutdown();
    expect(() => new FileExporter("")).toThrow(/path must be a non-empty string/);
  });
});

describe("FanOutExporter", () => {
  it("isolates a slow, a failing and a throwing backend from a good one", async () => {
    const good = new MemoryExporter();
    const slow = Promise.withResolvers<void>();
    const fanOut = new FanOutExporter({
      maxWaitingBatches: 1,
      backends: {
        good,
        slow: { export: (_, done) => void slow.promise.then(() => done({ code: 0 })), shutdown: async () => {} },
        failing: { export: (_, done) => done({ code: 1 }), shutdown: async () => {} },
        throwing: {
          export: () => {
            throw new Error("bug");
          },
          shutdown: async () => {},
        },
      },
    });
    for (let batch = 0; batch < 3; batch++) {
      expect(await send(fanOut, [finishedSpan()])).toBe(0);
      await new Promise(setImmediate);
    }
    expect(good.spans).toHaveLength(3);
    expect(fanOut.stats()).toEqual({
      good: { received: 3, exported: 3, failed: 0, dropped: 0, queued: 0 },
      slow: { received: 3, exported: 0, failed: 0, dropped: 1, queued: 2 },
      failing: { received: 3, exported: 0, failed: 3, dropped: 0, queued: 0 },
      throwing: { received: 3, exported: 0, failed: 3, dropped: 0, queued: 0 },
    });
    slow.resolve();
    await fanOut.shutdown();
    expect(fanOut.stats()["slow"]).toMatchObject({ exported: 2, dropped: 1, queued: 0 });
  });

  it("refuses to be built without backends", () => {
    expect(() => new FanOutExporter({ backends: {} })).toThrow(/backends must name at least one exporter/);
    expect(() => new FanOutExporter({ backends: { wrong: {} as never } })).toThrow(
      /backends.wrong must have a method export/,
    );
  });
});
