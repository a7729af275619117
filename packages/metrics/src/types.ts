/** A label's value. A number is written in decimal, so `1` and `"1"` are one series. */
export type LabelValue = string | number;

/** Labels as an object, e.g. `{ service: "chat", pod: 0 }`. */
export type Labels = Readonly<Record<string, LabelValue>>;

/** What a family counts. */
export type MetricType = "counter" | "gauge" | "histogram";

/** How a cluster's registries merge a family; the words of both Prometheus clients. */
export type Aggregator = "sum" | "first" | "min" | "max" | "average" | "omit";

/** The formats of a page: Prometheus text 0.0.4, OpenMetrics 1.0.0, or JSON in the clients' shape. */
export type Format = "prometheus" | "openmetrics" | "json";

/** A finished page. */
export interface Page {
  /** The value of the `Content-Type` header. */
  readonly contentType: string;
  readonly body: string;
}

/** What identifies a family of series. */
export interface FamilyOptions {
  /** Prometheus name: letters, digits, `_` and `:`. A counter's ends in `_total`. */
  readonly name: string;
  /** One sentence for the reader of the page. */
  readonly help: string;
  /** Names of the labels whose values are given to `labels()`, in that order. Default: none. */
  readonly labelNames?: readonly string[];
  /** How a cluster merges the family. Default `sum`. */
  readonly aggregator?: Aggregator;
}

/** A counter; its `collect` may add what happened since the last page. */
export interface CounterOptions extends FamilyOptions {
  /** Called before each reading. What it throws is counted, logged, and costs this family its samples on that page. */
  readonly collect?: () => void | Promise<void>;
}

/** A gauge, set by hand or sampled by `collect`. */
export interface GaugeOptions extends FamilyOptions {
  /**
   * Called before a reading. A returned number becomes the value of a family without labels; with labels, set the
   * handles inside. What it throws is counted, logged, and costs this family its samples on that page.
   */
  readonly collect?: () => number | undefined | Promise<number | undefined>;
  /** The least time between two calls of `collect`, in milliseconds. Default 0: every reading. */
  readonly collectIntervalMs?: number;
}

/** A histogram. */
export interface HistogramOptions extends FamilyOptions {
  /** Upper bounds, strictly ascending, without `+Inf`. Default {@link defaultBuckets}. */
  readonly buckets?: readonly number[];
  /** Keep a log-linear sketch of the whole family for `quantile()`: 12 KiB and about 10 ns a record. Default false. */
  readonly quantiles?: boolean;
  /** Called before each reading. What it throws is counted, logged, and costs this family its samples on that page. */
  readonly collect?: () => void | Promise<void>;
}
