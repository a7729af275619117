import { ExecutorError } from "../errors.ts";
import { checkNumber } from "../validate.ts";
import type { CounterHandle, GaugeHandle, HistogramHandle, MeterPort, MetricFamily } from "./meter.ts";

/** How an operation ended. */
export type OperationStatus = "success" | "error";

/** The states of a connection to Redis; exactly one of them is 1 at a time. */
export type ConnectionStatus = (typeof connectionStatuses)[number];

const connectionStatuses = ["connecting", "ready", "reconnecting", "closed"] as const;

/**
 * Upper bounds of the duration histogram, in seconds: 50 us to 5 s. A Redis call takes 0.03 to 2 ms, which the usual
 * buckets of Prometheus clients, 5 ms and up, cannot tell apart.
 */
export const durationBuckets: readonly number[] = Object.freeze([
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
]);

/** Options of {@link ExecutorMetrics}. */
export interface ExecutorMetricsOptions {
  /** Makes the families, on a registry of the caller's. */
  readonly meter: MeterPort;
}

interface OperationSeries {
  readonly success: CounterHandle;
  readonly error: CounterHandle;
  readonly duration: HistogramHandle;
  readonly errors: Map<string, CounterHandle>;
}

/**
 * The five `stateful_executor_*` families. Labels are names from code (operation, status, error code), never a uid.
 * A record of a known operation looks up kept handles and allocates nothing.
 */
export class ExecutorMetrics {
  readonly #operations: MetricFamily<CounterHandle>;
  readonly #durations: MetricFamily<HistogramHandle>;
  readonly #errors: MetricFamily<CounterHandle>;
  readonly #hitRatio: MetricFamily<GaugeHandle>;
  readonly #connection: MetricFamily<GaugeHandle>;
  readonly #series = new Map<string, OperationSeries>();

  /** Creates the families. What the client throws for a name that is taken is passed on. */
  constructor({ meter }: ExecutorMetricsOptions) {
    this.#operations = meter.counter({
      name: "stateful_executor_operations_total",
      help: "Total number of operations",
      labelNames: ["operation", "status"],
    });
    this.#durations = meter.histogram({
      name: "stateful_executor_operation_duration_seconds",
      help: "Operation duration in seconds",
      labelNames: ["operation"],
      buckets: [...durationBuckets],
    });
    this.#errors = meter.counter({
      name: "stateful_executor_errors_total",
      help: "Total number of errors",
      labelNames: ["operation", "error_type"],
    });
    this.#hitRatio = meter.gauge({
      name: "stateful_executor_cache_hit_ratio",
      help: "Cache hit ratio, 0 to 1",
      labelNames: ["cache_type"],
    });
    this.#connection = meter.gauge({
      name: "stateful_executor_redis_connection_status",
      help: "Redis connection status, 1 for the present one and 0 for the others",
      labelNames: ["status"],
    });
  }

  /** Counts one call of `operation` and its duration. */
  recordOperation(operation: string, status: OperationStatus, durationMs: number): void {
    const series = this.#seriesOf(operation);
    series[status].inc();
    series.duration.observe(durationMs / 1000);
  }

  /** Counts one error of `operation`; `errorType` is a code such as `TIMEOUT`. */
  recordError(operation: string, errorType: string): void {
    const { errors } = this.#seriesOf(operation);
    let counter = errors.get(errorType);
    if (counter === undefined) {
      counter = this.#errors.labels(operation, errorType);
      errors.set(errorType, counter);
    }
    counter.inc();
  }

  /** Sets the share of requests that a cache answered, 0 to 1. Throws `INVALID_ARGUMENT`. */
  updateCacheHitRatio(cacheType: string, ratio: number): void {
    this.#hitRatio.labels(cacheType).set(checkNumber("ratio", ratio, 0, 1));
  }

  /** Sets `status` to 1 and all others to 0. Throws `INVALID_ARGUMENT`. */
  updateRedisConnectionStatus(status: ConnectionStatus): void {
    if (!connectionStatuses.includes(status)) {
      const rule = `one of ${connectionStatuses.join(", ")}`;
      throw new ExecutorError("INVALID_ARGUMENT", `status must be ${rule}, got ${JSON.stringify(status)}`);
    }
    for (const each of connectionStatuses) this.#connection.labels(each).set(each === status ? 1 : 0);
  }

  #seriesOf(operation: string): OperationSeries {
    const known = this.#series.get(operation);
    if (known) return known;
    const series: OperationSeries = {
      success: this.#operations.labels(operation, "success"),
      error: this.#operations.labels(operation, "error"),
      duration: this.#durations.labels(operation),
      errors: new Map(),
    };
    this.#series.set(operation, series);
    return series;
  }
}
