import type { ClientExemplar, ClientReading, ClientSample } from "../ports.ts";
import type { Exemplar } from "../store/exemplars.ts";
import type { Family, Series } from "../store/family.ts";
import { Histogram } from "../store/histogram.ts";

const clientExemplar = ({ traceId, value, timestampSeconds }: Exemplar): ClientExemplar => ({
  labelSet: { trace_id: traceId },
  value,
  timestamp: timestampSeconds,
});

const bucketSamples = (family: Family, series: Series, shared: boolean): ClientSample[] => {
  const { bounds } = family.definition;
  const { labels: own, slot } = series;
  const name = `${family.name}_bucket`;
  const labelled = (labels: Record<string, string | number>) =>
    shared ? { labels, sharedLabels: own } : { labels: { ...labels, ...own } };
  let count = 0;
  const samples = Array.from(bounds, (bound, bucket): ClientSample => {
    count += slot.values[slot.offset + bucket]!;
    const example = series.handle instanceof Histogram ? series.handle.exemplar(bucket) : undefined;
    return {
      ...labelled({ le: bound === Infinity ? "+Inf" : bound }),
      value: count,
      metricName: name,
      exemplar: example ? clientExemplar(example) : null,
    };
  });
  const sum = slot.values[slot.offset + bounds.length]!;
  samples.push({ ...labelled({}), value: sum, metricName: `${family.name}_sum` });
  samples.push({ ...labelled({}), value: count, metricName: `${family.name}_count` });
  return samples;
};

/** How a family is read. */
export interface ReadingOptions {
  /** The shape of `getForPromString`, where the labels of a histogram stand beside `le`. */
  readonly shared: boolean;
  /** Whether collecting went well; else there are no samples. */
  readonly whole: boolean;
}

/**
 * The family as the clients' own metrics give it. Every call makes fresh objects: the clients' registries write into
 * them.
 */
export const readingOf = (family: Family, name: string, { shared, whole }: ReadingOptions): ClientReading => {
  const { help, type, aggregator } = family.definition;
  const values: ClientSample[] = [];
  for (const series of whole ? family.series() : []) {
    if (type === "histogram") values.push(...bucketSamples(family, series, shared));
    else values.push({ value: series.slot.values[series.slot.offset]!, labels: series.labels });
  }
  return { help, name, type, values, aggregator };
};
