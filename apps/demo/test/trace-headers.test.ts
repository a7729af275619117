import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GatewayOptions } from "../src/gateway/options.ts";
import { openTracing } from "../src/tracing.ts";
import { openGateway } from "./gateway-harness.ts";
import { until } from "./harness.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

/** The headers that reach a pod. The gateway is closed then: every request has ended. */
const ask = async (headers: Record<string, string>, startTrace: GatewayOptions["startTrace"]) => {
  await using it = await openGateway((req, res) => res.end(JSON.stringify(req.headers)), { startTrace });
  const answer = await fetch(it.url, { headers: { "x-route-uid": "u", ...headers } });
  return (await answer.json()) as Record<string, string | undefined>;
};

/** What a pod is told when a client sends `headers` through a gateway that keeps `ratio` of its own traces, and the file of spans. */
const send = async (headers: Record<string, string>, ratio: number | undefined) => {
  const folder = mkdtempSync(join(tmpdir(), "route-trace-"));
  const file = join(folder, "spans.jsonl");
  const tracing = ratio === undefined ? undefined : openTracing("chat", file, ratio);
  try {
    const told = await ask(headers, tracing && ((req) => tracing.begin(req)));
    await tracing?.close();
    return { told, spans: existsSync(file) ? readFileSync(file, "utf8") : "" };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

it("spans that cannot be written are told of once, and stop nobody", async () => {
  const told: Error[] = [];
  const tracing = openTracing("chat", "/dev/full", 1, (error) => void told.push(error));
  for (let request = 0; request < 2; request++) {
    await ask({}, (req) => tracing.begin(req));
    await until("the disk is full", () => told.length > 0);
  }
  await tracing.close();
  expect(told).toMatchObject([{ message: "/dev/full cannot be written", cause: { code: "ENOSPC" } }]);
});

describe("the trace that a pod is told of", () => {
  it("is the client's as it came where the gateway has none", async () => {
    const sent = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: "a=1" };
    expect((await send(sent, undefined)).told).toMatchObject(sent);
  });

  it("begins at the gateway, also where it is not kept", async () => {
    const { told } = await send({ tracestate: "a=1" }, 0);
    expect(told["traceparent"]).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
    expect(told).not.toHaveProperty("tracestate");
  });

  it("follows the client's decision to keep, with the gateway's span between", async () => {
    const { told, spans } = await send({ traceparent: `00-${traceId}-${spanId}-01`, tracestate: "a=1" }, 0);
    expect(told["traceparent"]).toMatch(new RegExp(`^00-${traceId}-(?!${spanId})[0-9a-f]{16}-01$`));
    expect(told["tracestate"]).toBe("a=1");
    expect(spans).toContain(told["traceparent"]!.split("-")[2]);
  });

  it("follows the client's decision to drop", async () => {
    const sent = { traceparent: `00-${traceId}-${spanId}-00`, tracestate: "a=1" };
    const { told, spans } = await send(sent, 1);
    expect(told).toMatchObject(sent);
    expect(spans).toBe("");
  });

  it("has the gateway's span as its parent where it is kept", async () => {
    const { told, spans } = await send({}, 1);
    const [, id = "", parent = "", flags] = told["traceparent"]!.split("-");
    expect(flags).toBe("01");
    expect(spans).toContain(id);
    expect(spans).toContain(parent);
    expect(spans).toContain('"GET route"');
  });
});
