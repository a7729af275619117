import type { MetricAttributes, MetricsPort } from "@route/tracing";

/** A metrics port that keeps everything it is told. */
export interface RecordingMetrics extends MetricsPort {
  gauges(name: string): number[];
  observations(name: string): number[];
  /** Sum of a counter by its `error.type`, "" for none. */
  counts(name: string): Record<string, number>;
}

export const recordingMetrics = (): RecordingMetrics => {
  const told: { kind: string; name: string; value: number; attributes: MetricAttributes | undefined }[] = [];
  const record =
    (kind: string) =>
    (name: string, value: number, attributes?: MetricAttributes): void =>
      void told.push({ kind, name, value, attributes });
  const values = (kind: string, name: string): number[] =>
    told.filter((entry) => entry.kind === kind && entry.name === name).map(({ value }) => value);
  return {
    count: record("count"),
    gauge: record("gauge"),
    observe: record("observe"),
    gauges: (name) => values("gauge", name),
    observations: (name) => values("observe", name),
    counts: (name) => {
      const sums: Record<string, number> = {};
      for (const entry of told) {
        if (entry.kind !== "count" || entry.name !== name) continue;
        const key = String(entry.attributes?.["error.type"] ?? "");
        sums[key] = (sums[key] ?? 0) + entry.value;
      }
      return sums;
    },
  };
};
