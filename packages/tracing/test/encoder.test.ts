import { SpanKind } from "@opentelemetry/api";
import { encodeTraces, encodeTracesJson } from "@route/tracing/otlp";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batched, official, ours, rich } from "./_encoding.ts";
import { decodeTraces, knownPart } from "./_protos.ts";
import { finishedSpan, resource, scope } from "./_spans.ts";

describe("the protobuf encoder", () => {
  it("writes the same bytes as the official serializer", () => {
    const spans = [rich(), finishedSpan(), finishedSpan({ kind: SpanKind.CLIENT })];
    expect(ours(spans)).toBe(official(spans));
    expect(batched(spans)).toBe(official(spans));
  });

  it("writes no field that the official protos do not have", () => {
    const body = encodeTraces([rich(), finishedSpan()]);
    expect(knownPart(body)).toHaveLength(body.length);
  });

  it("writes nothing for no spans", () => {
    expect(ours([])).toBe(official([]));
  });

  it("groups by resource and scope in order of appearance", () => {
    const other = { attributes: { "service.name": "pod" } };
    const spans = [
      finishedSpan(),
      finishedSpan({ resource: other }),
      finishedSpan({ scope: { name: "http", schemaUrl: "https://example.com/1" } }),
      finishedSpan({ resource: other, scope }),
      finishedSpan({ scope: { name: "x", attributes: { a: 1 }, droppedAttributesCount: 2 } }),
      finishedSpan({ resource }),
    ];
    expect(ours(spans)).toBe(official(spans));
    expect(batched(spans)).toBe(official(spans));
  });

  it("is readable by an independent decoder", () => {
    const [span] = decodeTraces(encodeTraces([rich()]));
    expect(span).toMatchObject({
      name: "GET /rooms/:id",
      kind: SpanKind.SERVER + 1,
      parentSpanId: "b7ad6b7169203331",
      startTimeUnixNano: "1790000000123456789",
      status: { code: 2, message: "kaputt – 故障" },
      attributes: {
        integer: -42,
        big: 2 ** 53,
        half: 0.5,
        yes: true,
        nested: { a: { b: [1, undefined, { c: "d" }] } },
      },
      flags: 0x301,
      resource: { "service.name": "gateway" },
      scope: "stateful-route",
    });
    expect(span?.events.map(({ name }) => name)).toEqual(["cache.miss", "empty"]);
    expect(span?.links[0]).toMatchObject({ traceState: "ot=th:c,vendor=x", attributes: { reason: "batch" } });
  });

  it("never throws on values that OTLP cannot express, and writes them as the official serializer does", () => {
    const values = {
      big: 1n,
      symbol: Symbol("s"),
      fn: () => 1,
      date: new Date(0),
      missing: undefined,
      sparse: [1, undefined, 3],
    };
    const spans = [finishedSpan({ attributes: values as never })];
    expect(ours(spans)).toBe(official(spans));
  });

  it("ends a cycle, where the official serializer overflows the stack", () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic["self"] = cyclic;
    const spans = [finishedSpan({ attributes: { cyclic } as never })];
    expect(() => official(spans)).toThrow(RangeError);
    expect(decodeTraces(encodeTraces(spans))).toHaveLength(1);
  });

  it("ends values at a depth that every decoder takes, in JSON too", () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { in: nested(depth - 1) });
    const spans = [finishedSpan({ attributes: { deep: nested(60) } as never })];
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null && "in" in value ? 1 + depthOf(value.in) : 0;
    expect(depthOf(decodeTraces(encodeTraces(spans))[0]!.attributes["deep"])).toBe(30);
    expect(encodeTracesJson(spans).split('"in"')).toHaveLength(31);
  });

  it("equals the official bytes for any span", () => {
    const hex = (length: number) =>
      fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));
    const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.string({ unit: "binary", maxLength: 200 }));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        text,
        fc.double(),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.constantFrom(2 ** 53, -(2 ** 63), 2 ** 63, 2 ** 62, -(2 ** 32), 2 ** 32, -1),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array({ maxLength: 200 }),
        fc.array(tie("any"), { maxLength: 5 }),
        fc.dictionary(text, tie("any"), { maxKeys: 4 }),
      ),
    })).any;
    const attributes = fc.dictionary(text, value, { maxKeys: 8 });
    const time = fc.tuple(fc.nat({ max: 4_000_000_000 }), fc.nat({ max: 999_999_999 }));
    const count = fc.oneof(fc.constant(0), fc.nat({ max: 100_000 }));
    const context = fc.record({
      traceId: hex(32),
      spanId: hex(16),
      traceFlags: fc.nat({ max: 255 }),
      isRemote: fc.boolean(),
    });
    const span = fc
      .record({
        name: text,
        kind: fc.constantFrom(0, 1, 2, 3, 4),
        context,
        parent: fc.option(context),
        startTime: time,
        endTime: time,
        status: fc.record({ code: fc.constantFrom(0, 1, 2), message: text }),
        attributes,
        events: fc.array(fc.record({ time, name: text, attributes, droppedAttributesCount: count }), { maxLength: 3 }),
        links: fc.array(fc.record({ context, attributes, droppedAttributesCount: count }), { maxLength: 3 }),
        dropped: count,
        scope: fc.constantFrom(scope, { name: "b", version: "2" }),
      })
      .map(({ context: own, parent, dropped, ...fields }) => ({
        ...finishedSpan({ ...fields, ...(parent && { parent }) } as never),
        spanContext: () => own,
        droppedAttributesCount: dropped,
        droppedEventsCount: dropped,
        droppedLinksCount: dropped,
      }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), (spans) => {
        expect(ours(spans)).toBe(official(spans));
        expect(batched(spans)).toBe(official(spans));
      }),
      { numRuns: 200, interruptAfterTimeLimit: 5_000 },
    );
  });
});

describe("the JSON encoder", () => {
  it("writes ids in hexadecimal, 64-bit integers as strings and enums as numbers", () => {
    const request = JSON.parse(encodeTracesJson([rich()]));
    const [{ resource: written, scopeSpans }] = request.resourceSpans;
    const [span] = scopeSpans[0].spans;
    expect(written.attributes).toContainEqual({ key: "process.pid", value: { intValue: "4711" } });
    expect(span).toMatchObject({ kind: 2, startTimeUnixNano: "1790000000123456789", flags: 0x301 });
    const value = (key: string) => span.attributes.find((pair: { key: string }) => pair.key === key).value;
    expect(span.events[0].timeUnixNano).toBe("1790000000000000005");
    expect(value("nan")).toEqual({ doubleValue: "NaN" });
    expect(value("bytes")).toEqual({ bytesValue: "AP8H" });
    expect(value("big")).toEqual({ intValue: "9007199254740992" });
    expect(value("nested")).toMatchObject({ kvlistValue: { values: [{ key: "a" }] } });
  });
});
