import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const workers = 2;

const outputOf = async (program: string, ...args: readonly string[]): Promise<readonly string[]> => {
  const path = join(import.meta.dirname, program);
  const { stdout } = await run(process.execPath, ["--conditions=route-source", path, ...args]);
  return stdout.split("\n");
};

it.each(["prom-client", "@prometheus-io/client"])(
  "a real cluster of %s adds up what its workers recorded",
  async (client) => {
    const lines = await outputOf("cluster-program.ts", client, String(workers));
    // Each worker records as many requests as its number says.
    expect(lines).toContain('stateful_route_requests_total{service="chat"} 3');
    expect(lines).toContain('stateful_route_request_duration_seconds_bucket{le="0.005",service="chat"} 3');
    expect(lines).toContain('stateful_route_request_duration_seconds_count{service="chat"} 3');
    expect(lines).toContain('stateful_route_cache_size{service="chat"} 30');
  },
);

it("worker threads of @prometheus-io/client are added up, one that ended included", async () => {
  const lines = await outputOf("threads-program.ts", "3");
  // Each thread records as many requests as its number says.
  expect(lines).toContain('stateful_route_requests_total{service="chat"} 6');
  expect(lines).toContain('stateful_route_request_duration_seconds_bucket{le="0.005",service="chat"} 6');
  expect(lines).toContain('stateful_route_cache_size{service="chat"} 60');
});
