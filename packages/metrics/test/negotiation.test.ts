import { Meter } from "@route/metrics";
import { expect, it } from "vitest";
import { acceptsGzip, negotiateFormat } from "../src/expose/formats.ts";

it.each([
  [null, "prometheus"],
  ["", "prometheus"],
  ["*/*", "prometheus"],
  ["text/html, image/avif", "prometheus"],
  ["text/plain", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  ["Application/OpenMetrics-Text; version=1.0.0", "openmetrics"],
  ["application/json", "json"],
  // The order of the list says nothing, the quality does.
  ["text/plain;q=0.5, application/openmetrics-text;q=0.8", "openmetrics"],
  ["application/openmetrics-text;q=0.3,text/plain;q=0.7", "prometheus"],
  ["application/openmetrics-text;q=0, */*;q=0.1", "prometheus"],
  ["application/json;q=high, application/openmetrics-text;q=0.1", "json"],
  // What Prometheus sends with native histograms on: protobuf, which we do not speak, comes first.
  [
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," +
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
    "openmetrics",
  ],
])("Accept: %s is answered with %s", (accept, format) => {
  expect(negotiateFormat(accept)).toBe(format);
});

it.each([
  ["gzip", true],
  ["deflate, GZIP;q=0.5", true],
  ["gzip;q=0", false],
  ["br", false],
  [undefined, false],
])("Accept-Encoding: %s allows gzip: %s", (acceptEncoding, allowed) => {
  expect(acceptsGzip(acceptEncoding)).toBe(allowed);
});

it("does not compress a page that a packet holds anyway", async () => {
  using meter = new Meter();
  const ask = async () => {
    const request = new Request("http://pod/metrics", { headers: { "accept-encoding": "gzip" } });
    return (await meter.fetchHandler()(request)).headers.get("content-encoding");
  };
  meter.counter({ name: "small_total", help: "Small" });
  expect(await ask()).toBeNull();
  meter.counter({ name: "large_total", help: "Large".repeat(280) });
  expect(await ask()).toBe("gzip");
});
