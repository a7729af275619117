/** Time in milliseconds since the Unix epoch that never runs backwards. */
export interface Clock {
  now(): number;
}

/** Where failures of collectors are told, once per cause; shaped like `console`. */
export interface Log {
  warn(message: string, ...details: unknown[]): void;
}

/** What a sample is to both Prometheus clients. */
export interface ClientSample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly sharedLabels?: Readonly<Record<string, string | number>>;
  readonly metricName?: string | undefined;
  readonly exemplar?: ClientExemplar | null | undefined;
}

/** What an exemplar is to both Prometheus clients; the timestamp is in seconds. */
export interface ClientExemplar {
  readonly labelSet: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly timestamp?: number;
}

/** What a collected family is to both Prometheus clients. */
export interface ClientReading {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values?: readonly ClientSample[];
}

/** A metric object of either Prometheus client, by structure. */
export interface ClientMetric {
  readonly name: string;
  get(): ClientReading | Promise<ClientReading>;
  getForPromString?(): ClientReading | Promise<ClientReading>;
}

/** A registry of `prom-client` 15 or `@prometheus-io/client` 0.16, by structure. */
export interface ClientRegistry {
  readonly contentType: string;
  // The clients want their own Metric class here: `never` accepts both.
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
  getSingleMetric(name: string): unknown;
  getMetricsAsArray(): readonly unknown[];
}

/** What time is read from where no clock is given: the wall clock at start, then monotonic. */
export const systemClock: Clock = Object.freeze({
  now: (): number => performance.timeOrigin + performance.now(),
});
