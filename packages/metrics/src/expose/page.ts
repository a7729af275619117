import { setImmediate as nextTurn } from "node:timers/promises";
import type { ClientMetric, ClientReading, ClientRegistry } from "../ports.ts";
import type { Catalog } from "../registry/catalog.ts";
import { readingOf } from "../registry/reading.ts";
import { RegisteredFamily } from "../registry/registered-family.ts";
import type { Family } from "../store/family.ts";
import type { LabelSet } from "../store/label-set.ts";
import { withTimeout } from "../timeout.ts";
import type { Format } from "../types.ts";
import { header, readingLines, seriesLines, type TextFormat } from "./text.ts";

/** What a page is made from. */
export interface PageSource {
  readonly registry: ClientRegistry;
  readonly catalog: Catalog;
  readonly collectorTimeoutMs: number;
}

// About 500 lines: 0.1 ms of work, 2 ms on the first page, which makes the prefixes.
const sliceLength = 32_768;

// A step of a generator costs as much as a line, so about 60 lines share one.
const blockLength = 4096;

/** Both clients keep them in this field and offer no other way to read them. */
const defaultLabelsOf = (registry: ClientRegistry): LabelSet =>
  (registry as { readonly _defaultLabels?: LabelSet })._defaultLabels ?? {};

/** Reads a metric through its own object; `undefined` when it fails or takes too long. */
export const readMetric = async (
  metric: ClientMetric,
  source: PageSource,
  text: boolean,
): Promise<ClientReading | undefined> => {
  try {
    const reading = text && metric.getForPromString ? metric.getForPromString() : metric.get();
    return await withTimeout(reading, source.collectorTimeoutMs);
  } catch (error) {
    source.catalog.incidents.countFailure(metric.name, error);
    return undefined;
  }
};

const familyBlocks = function* (family: Family, whole: boolean, format: TextFormat): Generator<string> {
  const { name, help, type } = family.definition;
  yield header(name, help, type, format);
  let block = "";
  for (const series of whole ? family.series() : []) {
    block += seriesLines(family, series, format);
    if (block.length < blockLength) continue;
    yield block;
    block = "";
  }
  yield block;
};

const linesOf = async (
  metric: unknown,
  source: PageSource,
  format: TextFormat,
): Promise<Iterable<string> | undefined> => {
  const defaults = defaultLabelsOf(source.registry);
  const family = RegisteredFamily.familyOf(metric);
  if (family !== undefined && Object.keys(defaults).length === 0)
    return familyBlocks(family, await source.catalog.collect(family), format);
  const reading = await readMetric(metric as ClientMetric, source, true);
  return reading === undefined ? undefined : readingLines(reading, defaults, format);
};

const textSlices = async function* (source: PageSource, format: TextFormat): AsyncGenerator<string> {
  // All collectors run at once, as in the clients: a page waits for the slowest, not for one after the other.
  const pending = source.registry.getMetricsAsArray().map((metric) => linesOf(metric, source, format));
  let slice = "";
  let first = true;
  for (const collected of pending) {
    const lines = await collected;
    if (lines === undefined) continue;
    // The clients' text pages have an empty line between two metrics.
    if (!first && format === "prometheus") slice += "\n";
    first = false;
    for (const text of lines) {
      slice += text;
      if (slice.length < sliceLength) continue;
      yield slice;
      await nextTurn();
      slice = "";
    }
  }
  yield format === "openmetrics" ? `${slice}# EOF\n` : slice;
};

/** Collects a metric; what it answers makes the samples, when their turn on the page has come. */
const readerOf = async (metric: unknown, source: PageSource): Promise<() => ClientReading | undefined> => {
  const family = RegisteredFamily.familyOf(metric);
  if (family === undefined) {
    const reading = await readMetric(metric as ClientMetric, source, false);
    return () => reading;
  }
  const whole = await source.catalog.collect(family);
  return () => readingOf(family, family.name, { shared: false, whole });
};

const jsonSlices = async function* (source: PageSource): AsyncGenerator<string> {
  const defaults = defaultLabelsOf(source.registry);
  const pending = source.registry.getMetricsAsArray().map((metric) => readerOf(metric, source));
  let separator = "[";
  for (const collected of pending) {
    const read = await collected;
    const reading = read();
    if (reading === undefined) continue;
    const values = reading.values?.map((sample) => ({ ...sample, labels: { ...defaults, ...sample.labels } }));
    yield separator + JSON.stringify({ ...reading, values });
    separator = ",";
    await nextTurn();
  }
  yield separator === "[" ? "[]" : "]";
};

/** A page in slices; the event loop turns between two of them. A metric that fails is left out and counted. */
export const pageSlices = (source: PageSource, format: Format): AsyncGenerator<string> =>
  format === "json" ? jsonSlices(source) : textSlices(source, format);
