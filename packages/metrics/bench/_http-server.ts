// The server under load, in a process of its own. Told an arm, it uses that; told "report", it answers what that cost.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Arm, middlewares, monitor, type ServerReport } from "./_http-arms.ts";

let middleware = middlewares.bare;
let requests = 0;
let base = process.cpuUsage();
let instrumented: Disposable | undefined;

const server = createServer((_, response) => {
  requests++;
  middleware(response);
  response.end("ok");
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on("message", (message: Arm | "report") => {
  if (message !== "report") {
    middleware = middlewares[message];
    instrumented?.[Symbol.dispose]();
    instrumented = message === "instrumented" ? monitor.instrument(server) : undefined;
    requests = 0;
    base = process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(base);
  const report: ServerReport = { cpuUs: user + system, requests };
  process.send?.(report);
});
