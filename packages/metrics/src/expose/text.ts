import type { ClientReading } from "../ports.ts";
import type { Family, Series } from "../store/family.ts";
import { Histogram } from "../store/histogram.ts";
import type { LabelSet } from "../store/label-set.ts";

/** The two text formats differ in a few lines only. */
export type TextFormat = "prometheus" | "openmetrics";

/** A number as Prometheus reads it. */
export const formatNumber = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
};

const needsEscape = /[\\"\n]/;
const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escapeValue = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

const joinLabels = (labels: Readonly<Record<string, string | number>>): string => {
  let joined = "";
  for (const name of Object.keys(labels)) {
    const value = String(labels[name]);
    joined += `${joined === "" ? "" : ","}${name}="${needsEscape.test(value) ? escapeValue(value) : value}"`;
  }
  return joined;
};

// join(), because it gives one flat string: what `+` gives would be flattened again on every page.
const flat = (...parts: readonly string[]): string => parts.join("");

const braces = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

/** `# HELP` and `# TYPE`. An OpenMetrics counter's family has no `_total`; its samples do. */
export const header = (name: string, help: string, type: string, format: TextFormat): string => {
  const openMetrics = format === "openmetrics";
  const family = openMetrics && type === "counter" ? name.replace(/_total$/, "") : name;
  const text = openMetrics ? escapeValue(help) : escapeHelp(help);
  return `# HELP ${family} ${text}\n# TYPE ${family} ${type}\n`;
};

const exemplarText = (labelSet: Readonly<Record<string, string | number>>, value: number, seconds?: number): string =>
  ` # {${joinLabels(labelSet)}} ${formatNumber(value)}${seconds === undefined ? "" : ` ${seconds}`}`;

const bucketHeads = new WeakMap<Family, readonly string[]>();

/** `wait_seconds_bucket{le="0.005"` of each bucket, made once per family. */
const headsOf = (family: Family): readonly string[] => {
  let heads = bucketHeads.get(family);
  if (heads === undefined) {
    heads = Array.from(family.definition.bounds, (bound) =>
      flat(family.name, '_bucket{le="', formatNumber(bound), '"'),
    );
    bucketHeads.set(family, heads);
  }
  return heads;
};

const histogramLines = (family: Family, series: Series, format: TextFormat): string => {
  const { bounds, name } = family.definition;
  const { values, offset } = series.slot;
  const heads = headsOf(family);
  series.prefix ??= flat(joinLabels(series.labels));
  const tail = series.prefix === "" ? "} " : `,${series.prefix}} `;
  const handle = format === "openmetrics" && series.handle instanceof Histogram ? series.handle : undefined;
  let lines = "";
  let count = 0;
  for (let bucket = 0; bucket < bounds.length; bucket++) {
    count += values[offset + bucket]!;
    const example = handle?.exemplar(bucket);
    const end = example
      ? `${count}${exemplarText({ trace_id: example.traceId }, example.value, example.timestampSeconds)}\n`
      : `${count}\n`;
    lines += heads[bucket]!;
    lines += tail;
    lines += end;
  }
  const labels = braces(series.prefix);
  return `${lines}${name}_sum${labels} ${formatNumber(values[offset + bounds.length]!)}\n${name}_count${labels} ${count}\n`;
};

/** The lines of one series, each with its line end. */
export const seriesLines = (family: Family, series: Series, format: TextFormat): string => {
  if (family.definition.type === "histogram") return histogramLines(family, series, format);
  series.prefix ??= flat(family.name, braces(joinLabels(series.labels)), " ");
  // The short strings first: up to 12 characters they are copied, beyond that each `+` leaves a node to be flattened.
  const end = `${formatNumber(series.slot.values[series.slot.offset]!)}\n`;
  return series.prefix + end;
};

/** The lines of a metric that a client's object gave, with the registry's default labels where it has none of its own. */
export const readingLines = function* (
  reading: ClientReading,
  defaults: LabelSet,
  format: TextFormat,
): Generator<string> {
  const openMetrics = format === "openmetrics";
  const suffix = openMetrics && reading.type === "counter" ? "_total" : "";
  const base = suffix === "" ? reading.name : reading.name.replace(/_total$/, "");
  yield header(reading.name, reading.help, reading.type, format);
  for (const { metricName, labels, sharedLabels, value, exemplar } of reading.values ?? []) {
    const name = metricName === undefined ? base : suffix === "" ? metricName : metricName.replace(/_total$/, "");
    const own = joinLabels({ ...labels, ...defaults, ...labels, ...sharedLabels });
    const example = openMetrics && exemplar ? exemplarText(exemplar.labelSet, exemplar.value, exemplar.timestamp) : "";
    yield `${name}${suffix}${braces(own)} ${formatNumber(value)}${example}\n`;
  }
};
