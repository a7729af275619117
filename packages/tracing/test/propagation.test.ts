import { createContextKey, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { extractContext, injectContext, parseTraceparent } from "@route/tracing";
import { describe, expect, it } from "vitest";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

describe("traceparent", () => {
  it.each([
    ["sampled", `00-${traceId}-${spanId}-01`, 1],
    ["unsampled", `00-${traceId}-${spanId}-00`, 0],
    ["the random flag", `00-${traceId}-${spanId}-03`, 3],
    ["unknown flags", `00-${traceId}-${spanId}-ff`, 255],
    ["a later version with more fields", `01-${traceId}-${spanId}-01-what-the-future-brings`, 1],
    ["a later version without more fields", `cc-${traceId}-${spanId}-01`, 1],
    ["blanks around it", `  00-${traceId}-${spanId}-01 `, 1],
  ])("accepts %s", (_, header, traceFlags) => {
    expect(parseTraceparent(header)).toEqual({ traceId, spanId, traceFlags, isRemote: true });
  });

  it.each([
    ["nothing", ""],
    ["version ff", `ff-${traceId}-${spanId}-01`],
    ["version 00 with more fields", `00-${traceId}-${spanId}-01-x`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a span id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["a short trace id", `00-${traceId.slice(1)}-${spanId}-01`],
    ["long flags", `00-${traceId}-${spanId}-001`],
    ["a later version whose flags do not end at a dash", `01-${traceId}-${spanId}-01x`],
    ["garbage", "not a header"],
  ])("refuses %s", (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
    expect(extractContext({ traceparent: header })).toBe(ROOT_CONTEXT);
  });
});

describe("headers", () => {
  const traceparent = `00-${traceId}-${spanId}-03`;

  it.each([
    ["an object", { traceparent, tracestate: "a=1,b=2" }],
    ["an object with repeated headers", { traceparent, tracestate: ["a=1", "b=2"] }],
    ["a Headers object", new Headers({ traceparent, tracestate: "a=1,b=2" })],
    [
      "a Map",
      new Map([
        ["traceparent", traceparent],
        ["tracestate", "a=1,b=2"],
      ]),
    ],
  ])("are read from %s and written again unchanged", (_, headers) => {
    const written: Record<string, string> = {};
    injectContext(extractContext(headers), written);
    expect(written).toEqual({ traceparent, tracestate: "a=1,b=2" });
  });

  it("make a context that takes further values, and gives them back", () => {
    const key = createContextKey("test");
    const extracted = extractContext({ traceparent });
    const more = extracted.setValue(key, 1);
    for (const context of [extracted, more, more.deleteValue(key)])
      expect(trace.getSpanContext(context)).toMatchObject({ traceId, spanId });
    expect([extracted, more, more.deleteValue(key)].map((context) => context.getValue(key))).toEqual([
      undefined,
      1,
      undefined,
    ]);
    expect(trace.getSpan(trace.deleteSpan(extracted))).toBeUndefined();
    expect(extractContext({ traceparent }, ROOT_CONTEXT.setValue(key, 2)).getValue(key)).toBe(2);
  });

  it("make contexts that may follow each other without end, each holding its own span only", () => {
    const key = createContextKey("test");
    let context = ROOT_CONTEXT.setValue(key, 1);
    for (let turn = 0; turn < 30_000; turn++) context = extractContext({ traceparent }, context);
    expect(context.getValue(key)).toBe(1);
    expect(trace.getSpanContext(context)).toMatchObject({ traceId, spanId });
  });

  it("ignore a tracestate without traceparent", () => {
    expect(trace.getSpanContext(extractContext({ tracestate: "a=1" }))).toBeUndefined();
  });

  it("write nothing for a context without a span", () => {
    const written: Record<string, string> = {};
    injectContext(ROOT_CONTEXT, written);
    expect(written).toEqual({});
  });
});
