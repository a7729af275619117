import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const workers = 2;

it.each(["prom-client", "@prometheus-io/client"])(
  "a real cluster of %s adds up what its workers recorded",
  async (client) => {
    const program = join(import.meta.dirname, "cluster-program.ts");
    const { stdout } = await run(process.execPath, ["--conditions=route-source", program, client, String(workers)]);
    const lines = stdout.split("\n");
    // Each worker records as many requests as its number says.
    expect(lines).toContain('stateful_route_requests_total{service="chat"} 3');
    expect(lines).toContain('stateful_route_request_duration_seconds_bucket{le="0.005",service="chat"} 3');
    expect(lines).toContain('stateful_route_request_duration_seconds_count{service="chat"} 3');
    expect(lines).toContain('stateful_route_cache_size{service="chat"} 30');
  },
);
