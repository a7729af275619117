import { type EventLoopUtilization, performance } from "node:perf_hooks";
import type { Clock } from "../ports.ts";
import type { Probe } from "./probe.ts";

const delay = "nodejs_eventloop_delay_seconds";
const active = "nodejs_eventloop_active_seconds_total";
const idle = "nodejs_eventloop_idle_seconds_total";

/**
 * How late timers fire, and how long the event loop works and waits. A timer of `intervalMs` samples the delay. What
 * happens between a reading and the next tick is left out of all three, so that a page never measures itself.
 */
export const eventLoopProbe = (intervalMs: number, clock: Clock): Probe => ({
  names: [delay, active, idle],
  start(meter) {
    let reading = false;
    let lastMs = clock.now();
    let base: EventLoopUtilization = performance.eventLoopUtilization();

    const collect = (): void => {
      const now = performance.eventLoopUtilization();
      if (!reading) {
        activeCounter.inc(Math.max(0, now.active - base.active) / 1000);
        idleCounter.inc(Math.max(0, now.idle - base.idle) / 1000);
      }
      base = now;
      reading = true;
    };
    const delays = meter.histogram({ name: delay, help: "How late a timer fired", collect }).labels();
    const activeCounter = meter.counter({ name: active, help: "Time that the event loop worked" }).labels();
    const idleCounter = meter.counter({ name: idle, help: "Time that the event loop waited" }).labels();

    const onTick = (): void => {
      const nowMs = clock.now();
      if (reading) base = performance.eventLoopUtilization();
      else delays.observe(Math.max(0, nowMs - lastMs - intervalMs) / 1000);
      reading = false;
      lastMs = nowMs;
    };
    const timer = setInterval(onTick, intervalMs).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
});
