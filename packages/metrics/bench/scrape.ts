import { setTimeout as sleep } from "node:timers/promises";
import { Meter } from "@route/metrics";
import { Counter, Histogram, Registry } from "prom-client";
import type { BenchRow } from "../../../tools/bench.ts";
import { collectGarbage, median, times } from "./_contest.ts";

const labelNames = ["pod", "operation", "status"];
const podCount = 500;
const operations = ["get", "set", "del", "link", "move"];
const statuses = ["ok", "error", "timeout", "refused"];

/** 10,000 series of one counter, in a registry of ours and in one of prom-client's own metrics. */
const tenThousand = () => {
  const meter = new Meter({ registry: new Registry(), maxSeries: 20_000 });
  const registry = new Registry();
  const ours = meter.counter({ name: "operations_total", help: "Operations", labelNames });
  const theirs = new Counter({ name: "operations_total", help: "Operations", labelNames, registers: [registry] });
  let n = 0;
  for (let pod = 0; pod < podCount; pod++)
    for (const operation of operations)
      for (const status of statuses) {
        const amount = (n++ * 7919) % 100_003;
        ours.labels(pod, operation, status).inc(amount);
        theirs.inc({ pod, operation, status }, amount);
      }
  return { meter, registry };
};

/** 10,000 lines of histograms. */
const histograms = () => {
  const meter = new Meter({ registry: new Registry() });
  const registry = new Registry();
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const ours = meter.histogram({ name: "wait_seconds", help: "Wait", labelNames: ["pod"], buckets });
  const theirs = new Histogram({
    name: "wait_seconds",
    help: "Wait",
    labelNames: ["pod"],
    buckets,
    registers: [registry],
  });
  for (let i = 0; i < 7140; i++) {
    const value = ((i * 7919) % 10_007) / 1000;
    ours.labels(i % 714).observe(value);
    theirs.observe({ pod: i % 714 }, value);
  }
  return { meter, registry };
};

const clientOf = (meter: Meter): Registry => meter.registry as unknown as Registry;

type MakePage = () => Promise<Buffer>;

const pagesPerTurn = 5;

/**
 * Medians in milliseconds per page, contenders taking turns. Each turn begins on a clean heap, so that nobody pays for
 * the garbage of the one before, and pays for its own over several pages.
 */
const race = async <Name extends string>(
  contenders: Readonly<Record<Name, MakePage>>,
  rounds = 11,
): Promise<Record<Name, number>> => {
  const names = Object.keys(contenders) as Name[];
  const took = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -2; round < rounds; round++)
    for (const name of names) {
      collectGarbage();
      await contenders[name]();
      const started = performance.now();
      for (let page = 0; page < pagesPerTurn; page++) await contenders[name]();
      if (round >= 0) took[name].push((performance.now() - started) / pagesPerTurn);
    }
  return Object.fromEntries(names.map((name) => [name, median(took[name])])) as Record<Name, number>;
};

/** What a server sends for a client's registry. */
const clientPage =
  (registry: Registry): MakePage =>
  async () =>
    Buffer.from(await registry.metrics());

/** What our handler of node:http sends. */
const ourPage = (meter: Meter, headers: Readonly<Record<string, string>> = {}): MakePage => {
  const handler = meter.metricsHandler();
  return () =>
    new Promise((resolve) => {
      const response = { writeHead: () => response, end: resolve };
      handler({ method: "GET", headers } as never, response as never);
    });
};

/** The longest time between two turns of the event loop while `work` runs, in milliseconds. */
const longestHold = async (work: () => Promise<unknown>): Promise<number> => {
  let longest = 0;
  let last = performance.now();
  let running = true;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  await sleep(1);
  return longest;
};

/** Scraping: our renderer and the client's own registry, for the same data. */
export const bench = async (): Promise<BenchRow[]> => {
  const counters = tenThousand();
  const text = (await counters.meter.render()).body;
  const identical = text === (await counters.registry.metrics()) && text === (await clientOf(counters.meter).metrics());
  const took = await race({
    client: clientPage(counters.registry),
    throughClient: clientPage(clientOf(counters.meter)),
    ours: ourPage(counters.meter),
  });
  const holds: number[] = [];
  for (let round = 0; round < 9; round++) {
    // Fresh each time, so that the first page, which makes every series' prefix, is the one that counts.
    const page = ourPage(tenThousand().meter, { "accept-encoding": "gzip" });
    collectGarbage();
    holds.push(await longestHold(page));
  }
  const hold = median(holds);
  const sets = histograms();
  const setsIdentical = (await sets.meter.render()).body === (await sets.registry.metrics());
  const setsTook = await race({ client: clientPage(sets.registry), ours: ourPage(sets.meter) });
  const ratio = took.client / took.ours;
  const through = took.throughClient / took.client;
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  return [
    {
      case: "* scrape of 10,000 series",
      measured: `${times(ratio)} (${ms(took.ours)}, prom-client ${ms(took.client)})`,
      target: ">= 8x",
      met: ratio >= 8,
    },
    {
      case: "* byte-identical text for the same data",
      measured: identical && setsIdentical ? "identical" : "different",
      target: "identical",
      met: identical && setsIdentical,
    },
    {
      case: "* scrape of 10,000 series: the loop is never held",
      measured: `${ms(hold)} at most (median of ${holds.length} first scrapes with gzip, ${ms(Math.min(...holds))} to ${ms(Math.max(...holds))})`,
      target: "<= 5 ms",
      met: hold <= 5,
    },
    {
      case: "scrape through the client's own registry",
      measured: `${through.toFixed(2)}x its own time (${ms(took.throughClient)})`,
      target: "<= 1.2x",
      met: through <= 1.2,
    },
    {
      case: "scrape of 714 histograms (9,998 lines)",
      measured: `${times(setsTook.client / setsTook.ours)} (${ms(setsTook.ours)})`,
      target: "",
      met: undefined,
    },
  ];
};
