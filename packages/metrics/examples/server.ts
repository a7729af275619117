// A server whose requests are recorded in one line, with the metrics of its process.
import { createServer } from "node:http";
import { PerformanceMonitor } from "@route/metrics";
import { ProcessMetrics } from "@route/metrics/process";

const monitor = new PerformanceMonitor({ labels: { service: "chat" } });
const processMetrics = new ProcessMetrics({ registry: monitor.registry });
const showMetrics = monitor.metricsHandler();

const server = createServer((request, response) => {
  if (request.url === "/metrics") return showMetrics(request, response);
  response.end("hello");
});
monitor.instrument(server, { ignore: ({ url }) => url === "/metrics" });

server.listen(0, "127.0.0.1", async () => {
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  await (await fetch(base)).text();
  const page = await (await fetch(`${base}/metrics`)).text();
  console.log(
    page
      .split("\n")
      .filter((line) => /requests_total|heap_size_used/.test(line))
      .join("\n"),
  );
  server.close();
  processMetrics.close();
  monitor.close();
});
