import { TracingError } from "@route/tracing";
import { describe, expect, it } from "vitest";
import { exporterOf, send } from "./_exporter.ts";
import { partialSuccess } from "./_protos.ts";
import { type Fault, reset, startReceiver, status } from "./_receiver.ts";

describe("a delivery", () => {
  it.each([429, 502, 503, 504])("retries after %d", async (code) => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    receiver.script(status(code), status(code));
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(receiver.requests).toHaveLength(3);
    expect(exporter.stats()).toMatchObject({ requests: 3, retries: 2, acceptedSpans: 3, failedSpans: 0 });
  });

  it("retries after a broken connection", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    receiver.script(reset);
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(receiver.spans).toHaveLength(3);
  });

  it.each([400, 401, 404, 415, 500])("never retries after %d", async (code) => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    receiver.script(status(code));
    const { error } = await send(exporter);
    expect(error).toBeInstanceOf(TracingError);
    expect(error).toMatchObject({ code: "export-failed", retryable: false });
    expect(receiver.requests).toHaveLength(1);
    expect(exporter.stats().failedSpans).toBe(3);
  });

  it("counts a partial success and does not send it again", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    receiver.script((response) =>
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end(partialSuccess(2, "too old")),
    );
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(receiver.requests).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({ acceptedSpans: 1, rejectedSpans: 2, failedSpans: 0 });
  });

  it("believes no receiver that rejects more spans than it got", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    receiver.script((response) =>
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end(partialSuccess(300, "odd")),
    );
    await send(exporter);
    expect(exporter.stats()).toMatchObject({ acceptedSpans: 0, rejectedSpans: 3, failedSpans: 0 });
  });

  it("tells a reason for rejecting spans once, until there is another or none", async () => {
    await using receiver = await startReceiver();
    const warnings: string[] = [];
    await using exporter = exporterOf(receiver, { log: { warn: (message) => void warnings.push(message) } });
    const rejecting =
      (reason: string): Fault =>
      (response) =>
        response.writeHead(200, { "content-type": "application/x-protobuf" }).end(partialSuccess(2, reason));
    receiver.script(rejecting("old"), rejecting("old"), rejecting("odd"), undefined, rejecting("odd"));
    for (let batch = 0; batch < 5; batch++) await send(exporter);
    expect(warnings).toEqual(["old", "odd", "odd"].map((reason) => `The receiver rejected 2 of 3 spans: ${reason}`));
  });

  it("splits what is too large until it fits, and gives up on a single span", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    receiver.script(status(413), status(413));
    expect(await send(exporter, 4)).toEqual({ code: 0 });
    expect(receiver.spans).toHaveLength(4);
    receiver.script(status(413));
    expect((await send(exporter, 1)).code).toBe(1);
  });

  it("refuses an answer that is too large, and does not send again what may have arrived", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { maxResponseBytes: 100 });
    receiver.script((response) => void response.end("x".repeat(1_000)));
    const { error } = await send(exporter);
    expect(error).toMatchObject({ code: "export-failed", retryable: false, outcome: "unknown" });
    expect(receiver.requests).toHaveLength(1);
  });

  it("sends again what was not answered in time", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { timeoutMs: 300 });
    receiver.script(() => {});
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(receiver.requests.length).toBeGreaterThanOrEqual(2);
  });

  it("tells once that the receiver does not take spans, and again after it did", async () => {
    await using receiver = await startReceiver();
    const warnings: unknown[] = [];
    await using exporter = exporterOf(receiver, { log: { warn: (_message, details) => void warnings.push(details) } });
    receiver.script(status(503), reset, status(503), undefined, status(429));
    await send(exporter);
    await send(exporter);
    expect(warnings.map(String)).toEqual([
      "TracingError: The receiver answered 503",
      "TracingError: The receiver answered 429",
    ]);
  });

  it("waits as long as the receiver asks, with all requests, also beyond the retry time, and then tries once more", async () => {
    await using receiver = await startReceiver();
    const told = Promise.withResolvers<void>();
    await using exporter = exporterOf(receiver, {
      retryForMs: 100,
      initialBackoffMs: 500,
      maxBackoffMs: 500,
      log: { warn: () => told.resolve() },
    });
    receiver.script(status(503, { "retry-after": "1" }));
    const first = send(exporter, 1);
    await told.promise;
    expect(await Promise.all([first, send(exporter, 2)])).toEqual([{ code: 0 }, { code: 0 }]);
    const [refusedAt, ...later] = receiver.requests.map(({ at }) => at);
    expect(later).toHaveLength(2);
    for (const at of later) expect(at - refusedAt!).toBeGreaterThan(900);
    receiver.script(status(503, { "retry-after": "1" }), status(503, { "retry-after": "1" }));
    expect((await send(exporter, 1)).error).toMatchObject({ code: "export-failed", retryable: true });
  });

  it("gives up when the retry time is used up", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { retryForMs: 0 });
    receiver.script(status(503));
    const { error } = await send(exporter);
    expect(error).toMatchObject({ code: "export-failed", retryable: true, outcome: "unknown" });
  });
});
