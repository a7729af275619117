import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { expect, it } from "vitest";
import { startReceiver, status } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const usedBytes = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await sleep(50);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

it("a pipeline gives back what an outage made it keep", async () => {
  await using receiver = await startReceiver();
  const exporter = new OtlpHttpExporter({ url: receiver.url, initialBackoffMs: 10, maxBackoffMs: 20 });
  const pipeline = new SpanPipeline({ exporter });
  const span = finishedSpan({ attributes: { text: "x".repeat(1_000) } });
  const outage = async (): Promise<void> => {
    receiver.script(...Array.from({ length: 64 }, () => status(503)));
    for (let index = 0; index < 20_000; index++) pipeline.onEnd(span);
    expect(pipeline.stats()).toMatchObject({ queued: 20_000, dropped: { queueFull: 0 } });
    await pipeline.forceFlush();
    expect(pipeline.stats()).toMatchObject({ queued: 0, queuedBytes: 0, dropped: { exportFailed: 0 } });
    receiver.forget();
  };
  await outage();
  const before = await usedBytes();
  await outage();
  // The outage kept 22 MB of encoded spans.
  expect((await usedBytes()) - before).toBeLessThan(6_291_456);
  await pipeline.shutdown();
});
