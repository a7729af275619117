import * as promClient from "prom-client";
import { describe, expect, it } from "vitest";
import type { ConnectionStatus } from "../../src/performance/index.ts";
import { newMetrics } from "./fixture.ts";

describe("ExecutorMetrics", () => {
  it("writes the five families with the seed's names, types and labels", async () => {
    const { registry, metrics } = newMetrics();
    metrics.recordOperation("getLink", "success", 0.2);
    metrics.recordOperation("getLink", "error", 3);
    metrics.recordError("getLink", "TIMEOUT");
    metrics.recordError("getLink", "TIMEOUT");
    metrics.updateCacheHitRatio("near", 0.75);
    const page = await registry.metrics();
    for (const line of [
      "# TYPE stateful_executor_operations_total counter",
      'stateful_executor_operations_total{operation="getLink",status="success"} 1',
      'stateful_executor_operations_total{operation="getLink",status="error"} 1',
      "# TYPE stateful_executor_operation_duration_seconds histogram",
      'stateful_executor_operation_duration_seconds_bucket{le="0.0001",operation="getLink"} 0',
      'stateful_executor_operation_duration_seconds_bucket{le="0.00025",operation="getLink"} 1',
      'stateful_executor_operation_duration_seconds_bucket{le="0.005",operation="getLink"} 2',
      'stateful_executor_operation_duration_seconds_count{operation="getLink"} 2',
      "# TYPE stateful_executor_errors_total counter",
      'stateful_executor_errors_total{operation="getLink",error_type="TIMEOUT"} 2',
      "# TYPE stateful_executor_cache_hit_ratio gauge",
      'stateful_executor_cache_hit_ratio{cache_type="near"} 0.75',
      "# TYPE stateful_executor_redis_connection_status gauge",
    ]) {
      expect(page.split("\n")).toContain(line);
    }
  });

  it("shows exactly one connection status at a time", async () => {
    const { registry, metrics } = newMetrics();
    const present = async () => {
      const { values } = await registry.getSingleMetric("stateful_executor_redis_connection_status")!.get();
      return values.map(({ labels, value }) => [labels["status"], value]);
    };
    metrics.updateRedisConnectionStatus("ready");
    metrics.updateRedisConnectionStatus("reconnecting");
    expect(await present()).toEqual([
      ["connecting", 0],
      ["ready", 0],
      ["reconnecting", 1],
      ["closed", 0],
    ]);
    expect(() => metrics.updateRedisConnectionStatus("up" as ConnectionStatus)).toThrow(/status must be one of/);
  });

  it("refuses a hit ratio outside 0 to 1", () => {
    const { metrics } = newMetrics();
    expect(() => metrics.updateCacheHitRatio("near", 1.5)).toThrow(/ratio must be a number from 0 to 1, got 1.5/);
  });

  it("leaves the client's global registry alone", () => {
    newMetrics();
    expect(promClient.register.getMetricsAsArray()).toEqual([]);
  });
});
