import { AdaptiveBuffer } from "@route/tracing/processors";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { recordingMetrics } from "./_metrics.ts";

afterEach(() => void vi.useRealTimers());

describe("AdaptiveBuffer", () => {
  it("is a queue that loses and reorders nothing, at any size and through any resize", () => {
    const command = fc.oneof(
      { weight: 5, arbitrary: fc.record({ offer: fc.nat({ max: 30 }) }) },
      { weight: 4, arbitrary: fc.constant("poll" as const) },
      { weight: 1, arbitrary: fc.constant("adjust" as const) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300 }), fc.integer({ min: 1, max: 5 }), (commands, minItems) => {
        const buffer = new AdaptiveBuffer<number>({ minItems, maxItems: 40, maxBytes: 500, adjustIntervalMs: 0 });
        const model: { item: number; sizeBytes: number }[] = [];
        let sequence = 0;
        for (const given of commands) {
          const bytes = model.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          if (given === "adjust") buffer.adjust();
          else if (given === "poll") expect(buffer.poll()).toBe(model.shift()?.item);
          else {
            const item = sequence++;
            const taken = buffer.offer(item, given.offer);
            expect(taken).toBe(model.length < 40 && bytes + given.offer <= 500);
            if (taken) model.push({ item, sizeBytes: given.offer });
          }
          expect(buffer.size).toBe(model.length);
          expect(buffer.sizeBytes).toBe(model.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
          expect(buffer.capacity).toBeGreaterThanOrEqual(Math.max(minItems, model.length));
          expect(buffer.capacity).toBeLessThanOrEqual(40);
        }
        for (const { item } of model) expect(buffer.poll()).toBe(item);
        expect(buffer.poll()).toBeUndefined();
      }),
    );
  });

  it("doubles above 0.8 and halves below 0.2 of its slots, after two quiet windows", () => {
    const buffer = new AdaptiveBuffer<number>({ minItems: 10, maxItems: 40, adjustIntervalMs: 0 });
    for (let item = 0; item < 9; item++) buffer.offer(item);
    buffer.adjust();
    expect(buffer.capacity).toBe(20);
    for (let item = 0; item < 9; item++) buffer.poll();
    buffer.adjust();
    buffer.adjust();
    expect(buffer.capacity).toBe(20);
    buffer.adjust();
    expect(buffer.capacity).toBe(10);
    for (let window = 0; window < 5; window++) buffer.adjust();
    expect(buffer.capacity).toBe(10);
  });

  it("gives slots back by itself after a burst, with a timer that runs only until then", () => {
    vi.useFakeTimers();
    const metrics = recordingMetrics();
    const sizes: number[] = [];
    const buffer = new AdaptiveBuffer<number>({
      minItems: 4,
      metrics,
      onResize: (capacity) => void sizes.push(capacity),
    });
    expect(vi.getTimerCount()).toBe(0);
    for (let item = 0; item < 20; item++) buffer.offer(item);
    expect(vi.getTimerCount()).toBe(1);
    for (let item = 0; item < 20; item++) buffer.poll();
    vi.advanceTimersByTime(60_000);
    expect(buffer.capacity).toBe(4);
    expect(vi.getTimerCount()).toBe(0);
    expect(sizes).toEqual([8, 16, 32, 16, 8, 4]);
    expect(metrics.gauges("buffer.size")).toEqual(sizes);
    expect(metrics.gauges("buffer.utilization")[0]).toBe(1);
    buffer.close();
    buffer.close();
  });

  it.each([
    [{ minItems: 0 }, /minItems must be an integer of at least 1, got 0/],
    [{ minItems: 8, maxItems: 4 }, /maxItems must be an integer of at least 8, got 4/],
    [{ growAboveRatio: 1.5 }, /growAboveRatio must be a number from 0 to 1, got 1.5/],
    [{ shrinkBelowRatio: 0.9 }, /shrinkBelowRatio must be a number from 0 to 0.8, got 0.9/],
  ])("refuses %j", (options, message) => {
    expect(() => new AdaptiveBuffer(options)).toThrow(message);
  });
});
