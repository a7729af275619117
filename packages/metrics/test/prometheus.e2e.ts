import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PerformanceMonitor } from "@route/metrics";
import { ProcessMetrics } from "@route/metrics/process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Prometheus, promtool, type Sample, startPrometheus } from "./prometheus.ts";

const root = join(import.meta.dirname, "..");
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const patience = { timeout: 60_000, interval: 250 };

/** A gateway in small: routed requests every 10 ms, one in four of them failed, and metrics that have their troubles. */
const startGateway = () => {
  const monitor = new PerformanceMonitor({ labels: { service: "chat" }, labelNames: ["pod"], maxSeries: 4 });
  const processMetrics = new ProcessMetrics({ registry: monitor.registry });
  monitor.addCustomMetric("unreadable", () => {
    throw new Error("the disk is gone");
  });
  let requests = 0;
  const traffic = setInterval(() => {
    const pod = monitor.labels({ pod: requests++ % 8 });
    pod.recordLoadBalancerRequest(0.002);
    if (requests % 3 === 0) pod.recordCacheMiss();
    else pod.recordCacheHit();
    pod.setCacheSize(requests % 100);
    pod.recordHealthCheck(0.4, requests % 50 !== 0);
    pod.recordRequest({ traceId }, 0.16, requests % 4 === 0 ? new Error("refused") : undefined);
  }, 10);
  const handler = monitor.metricsHandler();
  const server = createServer((request, response) => {
    // A Prometheus always prefers OpenMetrics: this path shows it the other format.
    if (request.url === "/text") delete request.headers.accept;
    handler(request, response);
  });
  const stop = async (): Promise<void> => {
    clearInterval(traffic);
    processMetrics.close();
    monitor.close();
    await server[Symbol.asyncDispose]();
  };
  return { monitor, server, stop };
};

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const gateway = startGateway();
let prometheus: Prometheus;

beforeAll(async () => {
  const targets = [{ targets: [await listen(gateway.server)] }];
  prometheus = await startPrometheus({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(root, "alerts/route.rules.yml")],
    scrape_configs: [
      { job_name: "openmetrics", metrics_path: "/metrics", static_configs: targets },
      { job_name: "text", metrics_path: "/text", static_configs: targets },
    ],
  });
});

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await gateway.stop();
});

const numbers = (samples: readonly Sample[]): number[] => samples.map(({ value }) => Number(value[1]));
const ask = async (expression: string): Promise<number[]> => numbers(await prometheus.query(expression));

describe("a real Prometheus", () => {
  it("scrapes both formats without complaint", async () => {
    interface Target {
      readonly labels: { readonly job: string };
      readonly health: string;
      readonly lastError: string;
    }
    const health = async () =>
      (await prometheus.api<{ activeTargets: readonly Target[] }>("targets")).activeTargets
        .map(({ labels, health, lastError }) => [labels.job, health, lastError])
        .sort();
    await expect.poll(health, patience).toEqual([
      ["openmetrics", "up", ""],
      ["text", "up", ""],
    ]);
    const types = await prometheus.api<Record<string, readonly { type: string }[]>>("metadata");
    expect(types["stateful_route_request_duration_seconds"]?.[0]?.type).toBe("histogram");
  });

  it.each([
    ["a rate", 'sum(rate(stateful_route_requests_total{job="JOB"}[10s]))', 1, 110],
    [
      "a quantile below the Go bounds",
      'histogram_quantile(0.5, sum by (le) (rate(stateful_route_pod_selection_duration_seconds_bucket{job="JOB"}[10s])))',
      0.000_001,
      0.000_002_5,
    ],
    [
      "a query over the Go version's buckets",
      'sum(rate(stateful_route_request_duration_seconds_bucket{job="JOB",le="0.005"}[10s])) / sum(rate(stateful_route_request_duration_seconds_count{job="JOB"}[10s]))',
      1,
      1,
    ],
    [
      "an error ratio",
      'sum(rate(stateful_route_request_errors_total{job="JOB"}[10s])) / sum(rate(stateful_route_requests_total{job="JOB"}[10s]))',
      0.2,
      0.3,
    ],
  ])("answers %s, from either format", async (_, expression, least, most) => {
    for (const job of ["text", "openmetrics"]) {
      // In one look: on a machine that stumbles the next answer may be none, or of a scrape that came late.
      const isThere = async () =>
        (await ask(expression.replaceAll("JOB", job))).filter((it) => it >= least && it <= most);
      await expect.poll(isThere, patience).toHaveLength(1);
    }
  });

  it("keeps the exemplars, so that a bucket leads to a trace", async () => {
    interface Found {
      readonly seriesLabels: Readonly<Record<string, string>>;
      readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>> }[];
    }
    const found = async () => {
      const now = Date.now() / 1000;
      const series = await prometheus.api<readonly Found[]>("query_exemplars", {
        query: "stateful_route_request_duration_seconds_bucket",
        start: String(now - 120),
        end: String(now + 5),
      });
      return series.map(({ seriesLabels, exemplars }) => [seriesLabels["job"], exemplars[0]?.labels["trace_id"]]);
    };
    await expect.poll(found, patience).toContainEqual(["openmetrics", traceId]);
    expect((await found()).every(([job]) => job === "openmetrics")).toBe(true);
  });

  it("fires the shipped alerts as they are, and has those that wait pending", async () => {
    const alerts = async (state: string) =>
      (await prometheus.query(`ALERTS{alertstate=~"${state}"}`)).map(({ metric }) => metric["alertname"]);
    await expect.poll(() => alerts("firing"), patience).toContain("RouteCollectorFails");
    await expect.poll(() => alerts("firing"), patience).toContain("RouteSeriesOverflow");
    // Firing, if the test has taken their five minutes.
    await expect.poll(() => alerts("pending|firing"), patience).toContain("RouteHighErrorRate");
    await expect.poll(() => alerts("pending|firing"), patience).toContain("RouteLowCacheHitRate");
  });

  it("answers every query of the dashboard with data", async () => {
    interface Panel {
      readonly title: string;
      readonly targets?: readonly { readonly expr: string }[];
    }
    const { panels } = JSON.parse(readFileSync(join(root, "dashboards/route.json"), "utf8")) as {
      panels: readonly Panel[];
    };
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(20);
    for (const query of queries) {
      const filled = query.replaceAll("$__rate_interval", "10s").replaceAll(/\$(?:job|service|instance)/g, ".*");
      const answered = async () => (await ask(filled)).filter((value) => Number.isFinite(value)).length;
      await expect.poll(answered, { ...patience, message: query }).toBeGreaterThan(0);
    }
  });
});

describe("promtool", () => {
  it("has nothing against a page", async () => {
    using monitor = new PerformanceMonitor({ labels: { service: "chat" }, labelNames: ["pod"], maxSeries: 1 });
    monitor.labels({ pod: 0 }).recordRequest(1, true);
    const { body } = await monitor.render();
    expect(body).toContain("stateful_route_metrics_overflow_total");
    expect(await promtool(["check", "metrics"], body)).toEqual({ code: 0, output: "" });
  });

  it("has nothing against the process metrics", async () => {
    using monitor = new PerformanceMonitor();
    using _process = new ProcessMetrics({ registry: monitor.registry });
    expect(await promtool(["check", "metrics"], (await monitor.render()).body)).toEqual({ code: 0, output: "" });
  });

  it("accepts the alerts and their tests", async () => {
    const folder = join(root, "alerts");
    expect(readdirSync(folder).sort()).toEqual(["route.rules.test.yml", "route.rules.yml"]);
    const rules = await promtool(["check", "rules", join(folder, "route.rules.yml")]);
    expect(rules, rules.output).toMatchObject({ code: 0 });
    const tests = await promtool(["test", "rules", join(folder, "route.rules.test.yml")]);
    expect(tests, tests.output).toMatchObject({ code: 0 });
  });
});
