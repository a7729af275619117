import { context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracingError } from "@route/tracing";
import { DynamicWorkerPool, WorkerPool } from "@route/tracing/processors";
import { describe, expect, it } from "vitest";
import { recordingMetrics } from "./_metrics.ts";

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

  it("goes on when a listener throws, whose error is the process's", async () => {
    const handlers = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const thrown = new Promise((resolve) => void process.once("uncaughtException", resolve));
    try {
      const pool = make(1, 10);
      let told = 0;
      pool.onResult(() => {
        if (told++ === 0) throw new Error("listener");
      });
      expect(await Promise.all([pool.submit(() => 1), pool.submit(() => 2)])).toEqual([1, 2]);
      expect(await thrown).toMatchObject({ message: "listener" });
      await pool.stop();
    } finally {
      for (const handler of handlers) process.on("uncaughtException", handler);
    }
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
