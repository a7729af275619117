import { TracerProvider } from "@opentelemetry/sdk-trace";
import { type FinishedSpan, RedactingExporter, RedactingProcessor, Redactor } from "@route/tracing";
import { FanOutExporter, MemoryExporter } from "@route/tracing/exporters";
import { encodeTraces } from "@route/tracing/otlp";
import { SpanPipeline } from "@route/tracing/processors";
import { keepErrors, TailSamplingProcessor } from "@route/tracing/samplers";
import { describe, expect, it } from "vitest";
import { finishedSpan } from "./_spans.ts";

const secret = "4111 1111 1111 1111";
const email = "ada@example.com";
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${"s".repeat(43)}`;

const leaky = (): FinishedSpan =>
  finishedSpan({
    name: `pay ${secret}`,
    status: { code: 2, message: `refused for ${email}` },
    attributes: {
      "http.request.header.authorization": ["Bearer abcdefgh12345"],
      Cookie: "sid=1",
      "user.id": "u-77",
      "url.full": "https://x.example/rooms?token=t0psecret&page=2#frag",
      note: jwt,
      nested: { password: "hunter2", list: [{ "api-key": "k-1" }, email], depth: { card: secret } },
      count: 3,
    },
    events: [
      {
        time: [1, 1],
        name: `mail to ${email}`,
        attributes: { "exception.message": `bad card ${secret}`, "exception.stacktrace": `Error: ${jwt}\n    at x` },
      },
    ],
    links: [{ context: { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 }, attributes: { to: email } }],
    resource: { attributes: { "service.name": "gateway", "deploy.secret": "d-1", owner: email } },
  });
const secrets = [secret, email, jwt, "abcdefgh12345", "sid=1", "u-77", "t0psecret", "hunter2", "k-1", "d-1"];
const bytesOf = (spans: readonly FinishedSpan[]): string => Buffer.from(encodeTraces(spans)).toString("latin1");

describe("a redacted span", () => {
  it("holds no secret in attributes, events, links, name, status, stack, resource and URL", () => {
    const exporter = new MemoryExporter();
    new RedactingExporter(exporter, new Redactor()).export([leaky()], () => {});
    const text = bytesOf(exporter.spans);
    for (const hidden of secrets) expect(text, hidden).not.toContain(hidden);
    const [span] = exporter.spans;
    expect(span!.name).toBe("pay [redacted]");
    expect(span!.attributes["url.full"]).toBe("https://x.example/rooms?token=[redacted]&page=[redacted]#frag");
    expect(span!.attributes["user.id"]).toMatch(/^[0-9a-f]{16}$/);
    expect(span!.attributes["count"]).toBe(3);
    expect(span!.resource.attributes).toEqual({
      "service.name": "gateway",
      "deploy.secret": "[redacted]",
      owner: "[redacted]",
    });
  });

  it("shares its resource with the others, whose attributes may still be on their way", async () => {
    const exporter = new MemoryExporter();
    let waited = 0;
    const detecting = {
      attributes: { owner: email },
      asyncAttributesPending: true,
      waitForAsyncAttributes: async () => void waited++,
    };
    const spans = [finishedSpan({ resource: detecting }), finishedSpan({ resource: detecting })];
    new RedactingExporter(exporter, new Redactor()).export(spans, () => {});
    const [first, second] = exporter.spans.map(({ resource }) => resource);
    expect(first).toBe(second);
    expect(first!.asyncAttributesPending).toBe(true);
    await first!.waitForAsyncAttributes!();
    expect(waited).toBe(1);
    detecting.attributes = { owner: `now ${email}` };
    expect(first!.attributes).toEqual({ owner: "now [redacted]" });
  });

  it("leaves the other hooks of the next processor as they are", async () => {
    const told: unknown[] = [];
    const next = {
      onStart: (span: unknown) => void told.push(["start", span]),
      onEnding: (span: unknown) => void told.push(["ending", span]),
      onEnd: (span: FinishedSpan) => void told.push(["end", span.name]),
      forceFlush: async () => void told.push("flush"),
      shutdown: async () => void told.push("shutdown"),
    };
    const tail = new TailSamplingProcessor({ next, policies: [keepErrors()], graceMs: 0 });
    const provider = new TracerProvider({ spanProcessors: [new RedactingProcessor(tail, new Redactor())] });
    const span = provider.getTracer("t").startSpan(`to ${email}`).setStatus({ code: 2 });
    span.end();
    await provider.forceFlush();
    await provider.shutdown();
    expect(told).toEqual([["start", span], ["ending", span], ["end", "to [redacted]"], "flush", "shutdown"]);
  });

  it("leaves the caller's span as it was, byte for byte", () => {
    const span = leaky();
    const before = bytesOf([span]);
    new RedactingExporter(new MemoryExporter(), new Redactor()).export([span], () => {});
    expect(bytesOf([span])).toBe(before);
  });

  it("reaches every backend of a fan-out and the buffer of a tail sampler redacted", async () => {
    const [left, right] = [new MemoryExporter(), new MemoryExporter()];
    const pipeline = new SpanPipeline({ exporter: new FanOutExporter({ backends: { left, right } }) });
    const seen: FinishedSpan[] = [];
    const watching = {
      name: "watch",
      vote: (trace: { spans: readonly FinishedSpan[] }) => {
        seen.push(...trace.spans);
        return undefined;
      },
    };
    const tail = new TailSamplingProcessor({ next: pipeline, policies: [keepErrors(), watching], graceMs: 0 });
    const provider = new TracerProvider({ spanProcessors: [new RedactingProcessor(tail, new Redactor()) as never] });
    const span = provider.getTracer("t").startSpan("pay", { attributes: { note: email } });
    span.recordException(new Error(`card ${secret}`));
    span.setStatus({ code: 2, message: email }).end();
    await provider.shutdown();
    for (const spans of [left.spans, right.spans, seen]) {
      expect(spans).toHaveLength(1);
      for (const hidden of [email, secret]) expect(bytesOf(spans)).not.toContain(hidden);
    }
  });
});
