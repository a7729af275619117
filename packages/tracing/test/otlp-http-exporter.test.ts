import { OtlpHttpExporter, SpanBatch } from "@route/tracing/otlp";
import { describe, expect, it } from "vitest";
import { exporterOf, send } from "./_exporter.ts";
import { startReceiver, status } from "./_receiver.ts";
import { finishedSpan } from "./_spans.ts";

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

  it.each([400, 415])("falls back from zstd to gzip after %d, and remembers it", async (code) => {
    await using receiver = await startReceiver();
    await using exporter = exporterOf(receiver, { compression: "zstd", minCompressBytes: 1 });
    receiver.script(status(code));
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(await send(exporter)).toEqual({ code: 0 });
    expect(receiver.requests.map(({ headers }) => headers["content-encoding"])).toEqual(["zstd", "gzip", "gzip"]);
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
