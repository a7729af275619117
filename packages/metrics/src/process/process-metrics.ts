import { checkNumber } from "../checks.ts";
import { Meter } from "../meter/meter.ts";
import { checkRegistry } from "../options.ts";
import { type ClientRegistry, type Clock, systemClock } from "../ports.ts";
import type { Labels } from "../types.ts";
import { cpuProbe } from "./cpu.ts";
import { eventLoopProbe } from "./event-loop.ts";
import { garbageCollectionProbe } from "./garbage-collection.ts";
import { handlesProbe } from "./handles.ts";
import { memoryProbe } from "./memory.ts";

/** What {@link ProcessMetrics} can be told. */
export interface ProcessMetricsOptions {
  /** Where the metrics go, e.g. `monitor.registry`. */
  readonly registry: ClientRegistry;
  /** Labels that every series carries. Default none. */
  readonly labels?: Labels;
  /** How often the delay of the event loop is sampled, in milliseconds. Default 100, which costs 0.2 % of a core. */
  readonly eventLoopIntervalMs?: number;
  /** Time for that delay. Default: the system's, monotonic. */
  readonly clock?: Clock;
}

interface Running {
  readonly skipped: readonly string[];
  users: number;
  stop(): void;
}

const runningOn = new WeakMap<ClientRegistry, Running>();

const start = ({
  registry,
  labels = {},
  eventLoopIntervalMs = 100,
  clock = systemClock,
}: ProcessMetricsOptions): Running => {
  checkNumber("eventLoopIntervalMs", eventLoopIntervalMs, 1);
  const meter = new Meter({ registry, labels });
  const skipped: string[] = [];
  const started: Disposable[] = [meter];
  const probes = [
    eventLoopProbe(eventLoopIntervalMs, clock),
    garbageCollectionProbe,
    memoryProbe,
    cpuProbe,
    handlesProbe,
  ];
  for (const probe of probes) {
    const taken = probe.names.some((name) => registry.getSingleMetric(name) !== undefined);
    if (taken) skipped.push(...probe.names);
    else started.push(probe.start(meter));
  }
  const stop = (): void => {
    for (const part of started.reverse()) part[Symbol.dispose]();
    runningOn.delete(registry);
  };
  return { skipped, users: 0, stop };
};

/**
 * Event loop, garbage collection, memory, CPU and handles of this process, on a registry until it is closed. Once per
 * registry: a second one shares what the first started, and the last to close stops it.
 */
export class ProcessMetrics implements Disposable {
  /** Metrics left to whoever had their names on the registry before, e.g. a client's default metrics. */
  readonly skipped: readonly string[];
  #running: Running | undefined;

  /** Throws a `RangeError` or `TypeError` for a bad option. */
  constructor(options: ProcessMetricsOptions) {
    checkRegistry(options?.registry);
    const running = runningOn.get(options.registry) ?? start(options);
    runningOn.set(options.registry, running);
    running.users++;
    this.skipped = running.skipped;
    this.#running = running;
  }

  /** Stops timer and observer and takes the metrics off the registry, unless another still uses them. */
  close(): void {
    const running = this.#running;
    this.#running = undefined;
    if (running !== undefined && --running.users === 0) running.stop();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
