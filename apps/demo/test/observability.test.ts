import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PerformanceReport } from "@route/analysis";
import parsePrometheus from "parse-prometheus-text-format";
import { expect, it } from "vitest";
import { linkStores, names, openDemo, until } from "./harness.ts";

type Report = PerformanceReport & { readonly totals: Readonly<Record<string, number>> };

const openObserved = async (options: Parameters<typeof openDemo>[0] = {}) => {
  const demo = await openDemo(options);
  const families = async () => {
    const response = await fetch(`${demo.demo.adminUrl}/metrics`, { headers: { authorization: "Bearer token" } });
    expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    return new Map(parsePrometheus(await response.text()).map((family) => [family.name, family]));
  };
  const value = (page: Awaited<ReturnType<typeof families>>, name: string): number =>
    Number(page.get(name)?.metrics[0]?.value);
  const report = async (): Promise<Report> => (await demo.admin("/report")).body as unknown as Report;
  return { demo, families, value, report, [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose]() };
};

it.each(linkStores)(
  "shows in /metrics and /report exactly what was sent, with links in %s",
  async (_name, openStore) => {
    await using store = await openStore();
    await using observed = await openObserved({ redisUrl: store.redisUrl });
    const { demo, families, value, report } = observed;
    const uids = names("m", 40);
    await demo.podsOf(uids);
    await demo.podsOf(uids);
    for (let bad = 0; bad < 3; bad++) expect((await demo.send(demo.demo.url)).status).toBe(400);
    await demo.admin("/pods/0/fault?reset=true", "POST");
    const answers = await Promise.all(uids.map((uid) => demo.get(uid)));
    const resets = answers.filter(({ status }) => status === 502);
    expect(resets.length).toBeGreaterThan(0);
    for (const { body } of resets) expect(body.error).toMatchObject({ code: "POD_RESET" });

    const page = await families();
    const sent = 40 + 40 + 3 + 40;
    expect(value(page, "stateful_route_requests_total")).toBe(sent);
    expect(value(page, "stateful_route_request_errors_total")).toBe(resets.length);
    // When a gateway begins to hear of changes, it forgets what it knew before: those uids are read twice.
    const misses = value(page, "stateful_route_cache_misses_total");
    expect(misses).toBeGreaterThanOrEqual(40);
    expect(value(page, "stateful_route_cache_hits_total")).toBe(120 - misses);
    expect(value(page, "stateful_route_load_balancer_requests_total")).toBe(40);
    const duration = page.get("stateful_route_request_duration_seconds")!.metrics[0]!;
    expect(Number(duration.count)).toBe(sent);
    await until("a probe", async () => value(await families(), "stateful_route_health_check_total") >= 3);

    const { totals } = await report();
    expect(totals).toMatchObject({
      request_total: sent,
      request_errors: resets.length,
      cache_hits: 120 - misses,
      cache_misses: misses,
      cache_size: 40,
      request_duration_seconds_count: sent,
      request_duration_seconds_sum: Number(duration.sum),
    });
  },
);

it("raises the response-time rule for a slowed pod, and says so in text and JSON", async () => {
  await using observed = await openObserved({ pods: 1 });
  const { demo, report } = observed;
  const slowness = async () => (await report()).issues.find(({ rule }) => rule === "High Response Time");
  // A busy machine may be slow by itself at first.
  await until("all is well", async () => {
    await demo.podsOf(["slow"]);
    return (await slowness()) === undefined;
  });
  await demo.admin("/pods/0/fault?delayMs=1300", "POST");
  await until("the rule fires", async () => {
    await demo.get("slow");
    return ((await slowness())?.evidence.value ?? 0) > 1000;
  });
  const { suggestions } = await report();
  expect(suggestions.map(({ rule }) => rule)).toContain("High Response Time");
  const text = await fetch(`${demo.demo.adminUrl}/report?token=token`);
  expect(text.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(await text.text()).toMatch(/High Response Time[\s\S]*Totals since the start[\s\S]*request_total \d+/);
});

it("writes spans that continue the client's trace", async () => {
  const traceFile = join(tmpdir(), `route-trace-${process.pid}.jsonl`);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  try {
    {
      await using demo = await openDemo({ pods: 1, traceFile });
      const headers = { "x-route-uid": "traced", traceparent: `00-${traceId}-b7ad6b7169203331-01` };
      expect((await demo.send(demo.demo.url, { headers })).status).toBe(200);
    }
    const spans = readFileSync(traceFile, "utf8");
    expect(spans).toContain(traceId);
    expect(spans).toContain('"GET route"');
  } finally {
    rmSync(traceFile, { force: true });
  }
});
