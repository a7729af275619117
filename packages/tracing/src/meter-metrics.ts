import type { Counter, Gauge, Histogram, Meter } from "@opentelemetry/api";
import type { MetricsPort } from "./ports.ts";

/** A {@link MetricsPort} that records through an OpenTelemetry meter. Instruments are made at their first use. */
export const meterMetrics = (meter: Meter): MetricsPort => {
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const instrument = <I>(known: Map<string, I>, name: string, create: () => I): I => {
    const made = known.get(name) ?? create();
    known.set(name, made);
    return made;
  };
  return {
    count: (name, delta, attributes) =>
      instrument(counters, name, () => meter.createCounter(name)).add(delta, attributes),
    gauge: (name, value, attributes) =>
      instrument(gauges, name, () => meter.createGauge(name)).record(value, attributes),
    observe: (name, value, attributes) =>
      instrument(histograms, name, () => meter.createHistogram(name)).record(value, attributes),
  };
};
