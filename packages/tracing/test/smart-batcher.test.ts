import { arrayStore, type BatchInfo, Ewma, SmartBatcher } from "@route/tracing/processors";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";

afterEach(() => void vi.useRealTimers());

describe("Ewma", () => {
  it("counts the first value in full, and zero like any other", () => {
    const average = new Ewma(0.3);
    expect(average.value).toBeUndefined();
    expect(average.add(0)).toBe(0);
    expect(average.add(10)).toBe(3);
    expect(() => new Ewma(0)).toThrow(/weight must be/);
  });
});

describe("SmartBatcher", () => {
  const setUp = (options: object = {}) => {
    vi.useFakeTimers();
    const batches: { items: number[]; info: BatchInfo }[] = [];
    const batcher = new SmartBatcher<number, number[]>({
      store: arrayStore((item) => item),
      onBatch: (items, info) => void batches.push({ items, info }),
      clock: () => performance.now(),
      ...options,
    });
    return { batcher, batches };
  };

  it.each([
    ["count", { minItems: 3, maxItems: 3 }, [1, 1, 1], "items"],
    ["size", { minItems: 9, maxItems: 9, maxBytes: 10 }, [4, 4, 4], "bytes"],
  ])("closes a batch by %s", (_, options, items, reason) => {
    const { batcher, batches } = setUp(options);
    for (const item of items) batcher.add(item);
    expect(batches).toEqual([{ items, info: expect.objectContaining({ items: 3, reason }) }]);
  });

  it("closes by age, also a partial batch after an idle time, where the original was stuck", () => {
    const { batcher, batches } = setUp({ maxWaitMs: 100 });
    vi.advanceTimersByTime(1_000);
    batcher.add(1);
    vi.advanceTimersByTime(100);
    vi.advanceTimersByTime(1_000);
    batcher.add(2);
    vi.advanceTimersByTime(100);
    expect(batches.map(({ info }) => info.reason)).toEqual(["age", "age"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives a batch its own time, whenever the one before was closed", () => {
    const { batcher, batches } = setUp({ minItems: 2, maxItems: 2, maxWaitMs: 100 });
    batcher.add(1);
    vi.advanceTimersByTime(50);
    batcher.add(2);
    batcher.add(3);
    vi.advanceTimersByTime(99);
    expect(batches).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(batches.map(({ info }) => info.reason)).toEqual(["items", "age"]);
  });

  it("never lets an item wait longer than its bound, whatever exports take", () => {
    const event = fc.oneof(
      fc.record({ add: fc.nat({ max: 20 }) }),
      fc.record({ waitMs: fc.nat({ max: 200 }) }),
      fc.record({ latencyMs: fc.nat({ max: 20_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), (events) => {
        const { batcher, batches } = setUp({ minItems: 5, maxItems: 50, maxWaitMs: 300 });
        let added = 0;
        for (const given of events) {
          if ("add" in given) {
            batcher.add(given.add);
            added++;
          } else if ("waitMs" in given) vi.advanceTimersByTime(given.waitMs);
          else batcher.observe(given.latencyMs);
          expect(batcher.waitMs).toBeLessThanOrEqual(300);
        }
        batcher.close();
        expect(batches.flatMap(({ items }) => items)).toHaveLength(added);
        for (const { info } of batches) {
          expect(info.ageMs).toBeLessThanOrEqual(300);
          expect(info.items).toBeLessThanOrEqual(50);
        }
        vi.useRealTimers();
      }),
    );
  });

  it("doubles its wait while exports take more than half of it, and halves it while they do not", () => {
    const { batcher } = setUp({ minWaitMs: 10, maxWaitMs: 160 });
    expect(batcher.waitMs).toBe(160);
    for (let times = 0; times < 8; times++) batcher.observe(1);
    expect(batcher.waitMs).toBe(10);
    for (let times = 0; times < 20; times++) batcher.observe(1_000);
    expect(batcher.waitMs).toBe(160);
  });

  it("makes batches of twice what arrives during one export", () => {
    const { batcher } = setUp({ minItems: 10, maxItems: 1_000, maxWaitMs: 1_000 });
    for (let item = 0; item < 100; item++) {
      batcher.add(1);
      vi.advanceTimersByTime(1);
    }
    batcher.observe(100);
    expect(batcher.targetItems).toBeGreaterThan(180);
    expect(batcher.targetItems).toBeLessThan(260);
    for (let times = 0; times < 30; times++) batcher.observe(0);
    expect(batcher.targetItems).toBe(10);
  });

  it.each([
    [{ minItems: 0 }, /minItems must be an integer of at least 1/],
    [{ maxWaitMs: 5 }, /maxWaitMs must be a number of at least 10, got 5/],
  ])("refuses %j", (options, message) => {
    expect(() => setUp(options)).toThrow(message);
  });
});
