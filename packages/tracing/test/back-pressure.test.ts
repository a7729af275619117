import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BackPressure, backoffMs, retryAfterMs } from "../src/otlp/back-pressure.ts";
import { readPartialSuccess } from "../src/otlp/export-response.ts";
import { partialSuccess } from "./_protos.ts";

const now = Date.UTC(2026, 0, 1);

describe("Retry-After", () => {
  it.each([
    ["3", 3_000],
    ["0", 0],
    ["-5", 0],
    [" 7 ", 7_000],
    ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
    ["Thu, 01 Jan 2015 00:00:00 GMT", 0],
    ["3600", 3_600_000],
    ["99999999999", 3_600_000],
    ["Fri, 01 Jan 2027 00:00:00 GMT", 3_600_000],
    ["soon", undefined],
    ["1.5.3", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%j asks for %j ms", (text, expected) => {
    expect(retryAfterMs(text === undefined ? {} : { "retry-after": text }, now)).toBe(expected);
  });
});

describe("back-off", () => {
  it("doubles, is jittered in its upper half, and never passes its bound", () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const full = Math.min(30_000, 1_000 * 2 ** attempt);
        const wait = backoffMs(attempt, 1_000, 30_000, () => random);
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe("BackPressure", () => {
  it("holds until the latest time that was asked for", () => {
    const pressure = new BackPressure();
    expect(pressure.waitMs(5)).toBe(0);
    pressure.pauseUntil(100);
    pressure.pauseUntil(50);
    expect(pressure.waitMs(20)).toBe(80);
    expect(pressure.waitMs(200)).toBe(0);
  });
});

describe("an export response", () => {
  const protobuf = "application/x-protobuf";
  it.each([
    ["nothing", Buffer.alloc(0), protobuf, 0],
    ["a partial success", Buffer.from(partialSuccess(300, "old")), protobuf, 300],
    ["a partial success in JSON", Buffer.from('{"partialSuccess":{"rejectedSpans":"4"}}'), "application/json", 4],
    ["an empty JSON object", Buffer.from("{}"), "application/json", 0],
    ["broken JSON", Buffer.from("{"), "application/json; charset=utf-8", 0],
    ["JSON null", Buffer.from("null"), "application/json", 0],
    ["garbage", Buffer.from("ffffffffffffffff", "hex"), protobuf, 0],
    ["a negative count", Buffer.from('{"partialSuccess":{"rejectedSpans":-1}}'), "application/json", 0],
  ])("with %s is read", (_, body, contentType, rejectedSpans) => {
    expect(readPartialSuccess(body, contentType).rejectedSpans).toBe(rejectedSpans);
  });

  it("is never an endless loop or an exception, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(readPartialSuccess(Buffer.from(bytes), protobuf).rejectedSpans).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
