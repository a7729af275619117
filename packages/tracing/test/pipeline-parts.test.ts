import { context, createContextKey, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracingError } from "@route/tracing";
import {
  AdaptiveBuffer,
  AttributeList,
  arrayStore,
  type BatchInfo,
  BufferPool,
  DynamicWorkerPool,
  Ewma,
  SmartBatcher,
  SpanPool,
  WorkerPool,
} from "@route/tracing/processors";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { recordingMetrics } from "./_metrics.ts";
import { resource, scope } from "./_spans.ts";

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

const pools: [string, (size: number, maxQueued: number) => WorkerPool | DynamicWorkerPool][] = [
  ["WorkerPool", (workers, maxQueued) => new WorkerPool({ workers, maxQueued })],
  ["DynamicWorkerPool", (size, maxQueued) => new DynamicWorkerPool({ minWorkers: size, maxWorkers: size, maxQueued })],
];

describe.each(pools)("%s", (_, make) => {
  const gate = () => Promise.withResolvers<number>();

  it("runs a bounded number of tasks at a time, in order, and keeps count", async () => {
    const pool = make(2, 10);
    const gates = [gate(), gate(), gate()];
    const started: number[] = [];
    const results = gates.map(({ promise }, index) =>
      pool.submit(() => {
        started.push(index);
        return promise;
      }),
    );
    expect(started).toEqual([0, 1]);
    expect(pool.stats()).toMatchObject({ workers: 2, active: 2, queued: 1, submitted: 3 });
    gates[1]!.resolve(1);
    expect(await results[1]).toBe(1);
    expect(started).toEqual([0, 1, 2]);
    gates[0]!.resolve(0);
    gates[2]!.resolve(2);
    await pool.drain();
    expect(pool.stats()).toMatchObject({ active: 0, queued: 0, completed: 3, failed: 0 });
    await pool.stop();
  });

  it("gives a failing task's error to its submitter only, also a synchronous one", async () => {
    const pool = make(1, 10);
    const failing = pool.submit(() => {
      throw new Error("task");
    });
    const fine = pool.submit(() => 7);
    await expect(failing).rejects.toThrow("task");
    expect(await fine).toBe(7);
    expect(pool.stats()).toMatchObject({ completed: 1, failed: 1 });
  });

  it("rejects with queue-full, and counts it apart", async () => {
    const pool = make(1, 1);
    const { promise, resolve } = gate();
    const first = pool.submit(() => promise);
    const second = pool.submit(() => 2);
    const error = await pool.submit(() => 3).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TracingError);
    expect(error).toMatchObject({ code: "queue-full", retryable: true });
    resolve(1);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(pool.stats()).toMatchObject({ submitted: 2, rejected: 1, completed: 2 });
  });

  it("ends its queue at stop and takes no more, without anyone reading results", async () => {
    const pool = make(1, 10);
    const results = [1, 2, 3].map((value) => pool.submit(() => value));
    await pool.stop();
    await pool.stop();
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
    await expect(pool.submit(() => 4)).rejects.toMatchObject({ code: "closed" });
  });

  it("throws waiting tasks away at an aborted stop, and tells running ones", async () => {
    const pool = make(1, 10);
    const running = pool.submit(
      (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("told"))),
    );
    const waiting = pool.submit(() => 1);
    const rejected = expect(waiting).rejects.toMatchObject({ code: "closed" });
    await pool.stop(AbortSignal.abort(new Error("now")));
    expect(await running).toBe("told");
    await rejected;
    expect(pool.stats()).toMatchObject({ submitted: 2, completed: 1, discarded: 1, queued: 0 });
  });

  it("runs each task in its submitter's context, and reports results to listeners", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    try {
      const key = createContextKey("test");
      const pool = make(1, 10);
      const seen: boolean[] = [];
      using _listening = pool.onResult(({ ok }) => void seen.push(ok));
      const read = (value: string) =>
        context.with(ROOT_CONTEXT.setValue(key, value), () => pool.submit(() => context.active().getValue(key)));
      expect(await Promise.all([read("a"), read("b")])).toEqual(["a", "b"]);
      expect(seen).toEqual([true, true]);
    } finally {
      context.disable();
    }
  });
});

describe("DynamicWorkerPool", () => {
  it("grows while tasks wait and shrinks when they do not", async () => {
    const changes: string[] = [];
    const metrics = recordingMetrics();
    const onScale = (workers: number, direction: string): void => void changes.push(`${direction} ${workers}`);
    const pool = new DynamicWorkerPool({ minWorkers: 1, maxWorkers: 4, onScale, metrics, clock: () => 0 });
    const task = () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all(Array.from({ length: 40 }, () => pool.submit(task)));
    expect(pool.stats().scaledUp).toBe(3);
    expect(changes.slice(0, 3)).toEqual(["up 2", "up 3", "up 4"]);
    for (let times = 0; times < 40; times++) await pool.submit(task);
    expect(pool.stats()).toMatchObject({ completed: 80, failed: 0 });
    expect(pool.stats().workers).toBeLessThan(4);
    expect(metrics.gauges("worker.scaled_up")).toEqual([2, 3, 4]);
    expect(metrics.gauges("worker.scaled_down").length).toBeGreaterThan(0);
    expect(metrics.gauges("worker.completed").at(-1)).toBe(80);
    expect(metrics.gauges("worker.active").at(-1)).toBe(0);
    expect(Math.max(...metrics.gauges("worker.queue.length"))).toBeGreaterThan(0);
  });

  it("halves, once, after a round of tasks that took far longer than usual", async () => {
    let now = 0;
    const changes: number[] = [];
    const onScale = (workers: number): void => void changes.push(workers);
    const pool = new DynamicWorkerPool({ minWorkers: 1, maxWorkers: 8, clock: () => now, onScale });
    const round = async (runMs: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const tasks = Array.from({ length: 8 }, () => pool.submit(() => promise));
      now += runMs;
      resolve();
      await Promise.all(tasks);
    };
    while (pool.scaleUp());
    await round(40);
    const before = pool.stats().workers;
    changes.length = 0;
    await round(5_000);
    expect(before).toBeGreaterThanOrEqual(7);
    expect(changes[0]).toBe(before >>> 1);
    expect(changes.filter((workers, index) => index > 0 && workers < changes[index - 1]! - 1)).toEqual([]);
  });

  it("halves after failures", async () => {
    const pool = new DynamicWorkerPool({ minWorkers: 1, maxWorkers: 8 });
    while (pool.scaleUp());
    expect(pool.stats().workers).toBe(8);
    await Promise.allSettled(Array.from({ length: 8 }, () => pool.submit(() => Promise.reject(new Error("busy")))));
    expect(pool.stats().workers).toBe(4);
    expect(pool.scaleDown()).toBe(true);
    expect(pool.stats()).toMatchObject({ workers: 3, scaledUp: 7, scaledDown: 5 });
    while (pool.scaleDown());
    expect(pool.stats().workers).toBe(1);
  });
});

describe("BufferPool", () => {
  it("serves every size from its class, and reuses", () => {
    const pool = new BufferPool({ minBytes: 64, maxBytes: 1_024 });
    for (const [asked, given] of [
      [0, 64],
      [1, 64],
      [64, 64],
      [65, 128],
      [1_000, 1_024],
      [1_024, 1_024],
      [1_025, 1_025],
    ]) {
      const buffer = pool.acquire(asked!);
      expect(buffer).toHaveLength(given!);
      pool.release(buffer);
    }
    expect(pool.stats()).toEqual({ reused: 3, allocated: 4, lent: 0, idleBytes: 64 + 128 + 1_024 });
    pool.clear();
    expect(pool.stats().idleBytes).toBe(0);
  });

  it("detects a double release and a foreign buffer", () => {
    const pool = new BufferPool();
    const buffer = pool.acquire(10);
    pool.release(buffer);
    for (const wrong of [buffer, Buffer.alloc(4_096)]) {
      expect(() => pool.release(wrong)).toThrow(TracingError);
      expect(() => pool.release(wrong)).toThrow(expect.objectContaining({ code: "double-release" }));
    }
  });

  it("keeps a bounded number of idle buffers per class", () => {
    const pool = new BufferPool({ maxIdlePerClass: 2 });
    const buffers = Array.from({ length: 5 }, () => pool.acquire(1));
    for (const buffer of buffers) pool.release(buffer);
    expect(pool.stats()).toMatchObject({ lent: 0, idleBytes: 2 * 4_096 });
  });

  it.each([
    [{ minBytes: 100 }, /minBytes must be a power of two, got 100/],
    [{ minBytes: 128, maxBytes: 64 }, /maxBytes must be at least minBytes \(128\), got 64/],
    [{ maxIdlePerClass: -1 }, /maxIdlePerClass must be an integer of at least 0, got -1/],
  ])("refuses %j", (options, message) => {
    expect(() => new BufferPool(options)).toThrow(message);
  });
});

describe("flat spans", () => {
  it("keep typed attributes, the last value of each key, beyond their first capacity", () => {
    const list = new AttributeList(2);
    list.setText("a", "x");
    list.setNumber("b", 1.5);
    list.setBoolean("c", true);
    list.setBoolean("a", false);
    expect(list.toAttributes()).toEqual({ a: false, b: 1.5, c: true });
    expect(list.get("b")).toBe(1.5);
    expect(list.get("missing")).toBeUndefined();
    list.clear();
    expect([list.size, list.toAttributes()]).toEqual([0, {}]);
  });

  it("come back empty, ids included, and once", () => {
    const pool = new SpanPool();
    const span = pool.acquire();
    Object.assign(span, { traceId: "a".repeat(32), spanId: "b".repeat(16), name: "work", kind: SpanKind.SERVER });
    Object.assign(span, { startedAtMs: 1_790_000_000_000.5, endedAtMs: 1_790_000_000_002, failed: true });
    span.attributes.setNumber("n", 1);
    const finished = span.toFinishedSpan(resource, scope);
    pool.release(span);
    expect(() => pool.release(span)).toThrow(expect.objectContaining({ code: "double-release" }));
    expect(pool.acquire()).toBe(span);
    expect(span).toMatchObject({ traceId: "", spanId: "", name: "", startedAtMs: 0, failed: false });
    expect(span.attributes.size).toBe(0);
    expect(finished).toMatchObject({
      name: "work",
      kind: SpanKind.SERVER,
      startTime: [1_790_000_000, 500_000],
      duration: [0, 1_500_000],
      status: { code: 2 },
      attributes: { n: 1 },
    });
    expect(finished.spanContext().traceId).toBe("a".repeat(32));
    expect(pool.lent).toBe(1);
    expect(() => new SpanPool().release(span)).toThrow(expect.objectContaining({ code: "double-release" }));
  });
});
