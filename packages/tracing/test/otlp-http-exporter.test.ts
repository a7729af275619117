import { TracingError } from "@route/tracing";
import { OtlpHttpExporter, type OtlpHttpExporterOptions, SpanBatch } from "@route/tracing/otlp";
import { describe, expect, it } from "vitest";
import { partialSuccess } from "./_protos.ts";
import { type Fault, type FaultReceiver, reset, startReceiver, status } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

const fast = { initialBackoffMs: 1, maxBackoffMs: 2 };
const send = (exporter: OtlpHttpExporter, count = 3): Promise<{ code: number; error?: Error }> =>
  new Promise((resolve) =>
    exporter.export(
      Array.from({ length: count }, () => finishedSpan()),
      resolve,
    ),
  );
const exporterOf = (receiver: FaultReceiver, options: OtlpHttpExporterOptions = {}): OtlpHttpExporter =>
  new OtlpHttpExporter({ url: receiver.url, ...fast, ...options });

describe("OtlpHttpExporter", () => {
  it.each(["none", "gzip", "zstd"] as const)("sends protobuf with compression %s and a length", async (compression) => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { compression, headers: { authorization: "Bearer t" } });
    expect(await send(exporter, 50)).toEqual({ code: 0 });
    const [request] = receiver.requests;
    expect(receiver.spans).toHaveLength(50);
    expect(request!.headers["content-length"]).toBe(`${request!.encodedBytes}`);
    expect(request!.headers["content-encoding"]).toBe(compression === "none" ? undefined : compression);
    expect(request!.headers).toMatchObject({ authorization: "Bearer t", "content-type": "application/x-protobuf" });
  });

  it("sends JSON", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { encoding: "json" });
    expect(await send(exporter)).toEqual({ code: 0 });
    const body = JSON.parse(receiver.requests[0]!.body.toString());
    expect(body.resourceSpans[0].scopeSpans[0].spans).toHaveLength(3);
  });

  it("leaves a tiny body uncompressed", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { minCompressBytes: 1_000_000 });
    await send(exporter);
    expect(receiver.requests[0]!.headers["content-encoding"]).toBeUndefined();
  });

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

  it("ends a request whose signal aborts, and begins none after that", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { timeoutMs: 1e6 });
    receiver.script(() => {});
    const batch = new SpanBatch();
    batch.append(finishedSpan());
    const [reason, abort] = [new Error("enough"), new AbortController()];
    const sent = exporter.exportEncoded(batch.frame(), abort.signal);
    while (receiver.requests.length === 0) await new Promise(setImmediate);
    abort.abort(reason);
    await expect(sent).rejects.toBe(reason);
    const another = new AbortController();
    const unsent = exporter.exportEncoded(batch.frame(), another.signal);
    queueMicrotask(() => another.abort(reason));
    await expect(unsent).rejects.toBe(reason);
    expect(receiver.requests).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({ acceptedSpans: 0, failedSpans: 2 });
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

  it.each([400, 415])("falls back from zstd to gzip after %d, and remembers it", async (code) => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { compression: "zstd", minCompressBytes: 1 });
    receiver.script(status(code));
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(receiver.requests.map(({ headers }) => headers["content-encoding"])).toEqual(["zstd", "gzip", "gzip"]);
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

  it("gives up at shutdown, after the time of one request, what the receiver does not take", async () => {
    await using receiver = await startReceiver();
    const exporter = exporterOf(receiver, {
      timeoutMs: 200,
      initialBackoffMs: 1e6,
      maxBackoffMs: 1e6,
      retryForMs: 1e9,
    });
    receiver.script(status(503));
    const sent = send(exporter);
    await exporter.shutdown();
    expect((await sent).error).toMatchObject({ code: "closed" });
  });

  it("waits in forceFlush for what is under way", async () => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver);
    const answer = Promise.withResolvers<() => void>();
    receiver.script((response) => answer.resolve(() => void response.end()));
    const order: string[] = [];
    const sent = send(exporter).then(() => order.push("sent"));
    const flushed = exporter.forceFlush().then(() => order.push("flushed"));
    const end = await answer.promise;
    order.push("answered");
    end();
    await Promise.all([sent, flushed]);
    expect(order[0]).toBe("answered");
  });

  it("refuses work after shutdown, and shuts down twice", async () => {
    await using receiver = await startReceiver();
    const exporter = exporterOf(receiver);
    await exporter.shutdown();
    await exporter.shutdown();
    expect((await send(exporter)).error).toMatchObject({ code: "closed" });
  });

  it.each([
    [{ url: "ftp://x/" }, /url must be an http: or https: URL, got "ftp:\/\/x\/"/],
    [{ url: "localhost:4318" }, /url must be an http: or https: URL, got "localhost:4318"/],
    [{ url: "nonsense" }, /url must be an http: or https: URL, got "nonsense"/],
    [{ headers: { "bad name": "x" } }, /headers must hold valid names and values, which "bad name" is not/],
    [{ headers: { authorization: "a\nb" } }, /headers must hold valid names and values, which "authorization" is not$/],
    [{ minCompressBytes: -1 }, /minCompressBytes must be an integer of at least 0, got -1/],
    [{ compression: "br" as never }, /compression must be one of none, gzip, zstd, got "br"/],
    [{ compressionLevel: 10 }, /compressionLevel must be an integer from 1 to 9, got 10/],
    [{ timeoutMs: 0 }, /timeoutMs must be a number of at least 1, got 0/],
  ])("refuses %j", (options, message) => {
    expect(() => new OtlpHttpExporter(options)).toThrow(message);
  });
});
