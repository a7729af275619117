import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { isAlive, patienceSeconds, run, start } from "./command-line.ts";
import { until } from "./harness.ts";

vi.setConfig({ testTimeout: 2000 * patienceSeconds });

/** What a printed curl line asks for. */
const curl = (line: string): Promise<Response> => {
  const url = /'?(http:\/\/[^\s']+)'?/.exec(line)![1]!;
  const header = /-H '([^:]+): ([^']+)'/.exec(line);
  return fetch(url, header ? { headers: { [header[1]!]: header[2]! } } : {});
};

it("prints three curl lines that work, and Ctrl-C ends all processes", async () => {
  const { child, output, exit, pids } = await start();
  const lines = output.text.split("\n").filter((line) => line.trim().startsWith("curl "));
  expect(lines).toHaveLength(3);
  const answers: unknown[] = [];
  for (const line of lines) {
    const response = await curl(line);
    expect(response.status, line).toBe(200);
    answers.push(await response.json());
  }
  expect(answers).toMatchObject([
    { uid: "alice", count: 1 },
    { uid: "bob", count: 1 },
    { uid: "alice", link: {} },
  ]);
  expect(pids).toHaveLength(3);
  child.kill("SIGINT");
  expect(await exit).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});

it("takes its pods along when it is killed", async () => {
  const { child, exit, pids } = await start(["--pods", "2"]);
  child.kill("SIGKILL");
  await exit;
  await until("the pods end", () => pids.filter(isAlive).length === 0);
});

it("reads its file again on SIGHUP: features change, the rest is named, and a bad file changes nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "route-reload-"));
  const file = join(folder, "demo.yaml");
  const allOn = { nearCache: true, metrics: true, tracing: true, analysis: true };
  writeFileSync(file, "pods: 1\n");
  const { child, output, exit, admin } = await start(["--config", file]);
  const reload = async (text: string, answer: RegExp): Promise<void> => {
    output.text = "";
    writeFileSync(file, text);
    child.kill("SIGHUP");
    await until(`${answer}`, () => answer.test(output.text));
  };
  try {
    expect(await admin("/features")).toEqual({ features: allOn });
    await reload("pods: 1\nfeatures:\n  tracing: false\n", /^reloaded: features\.tracing = false$/m);
    expect(await admin("/features")).toEqual({ features: { ...allOn, tracing: false } });
    const place = `${file}:3:3: features.metrics must be true or false, got "maybe"`;
    await reload("pods: 1\nfeatures:\n  metrics: maybe\n", /everything stays as it was$/m);
    expect(output.text).toBe(`reload: ${place}; everything stays as it was\n`);
    expect(await admin("/features")).toEqual({ features: { ...allOn, tracing: false } });
    await reload("pods: 2\n", /^reloaded: features\.tracing = true$/m);
    expect(output.text).toContain("reload: pods cannot change while the demo runs; it stays as it was");
    expect(await admin("/features")).toEqual({ features: allOn });
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("explains itself, and names a bad flag, its rule and its value", async () => {
  const [help, bad] = [run(["--help"]), run(["--pods", "many"])];
  expect(await help.exit).toBe(0);
  expect(help.output.text).toMatch(/^Usage: pnpm demo/);
  expect(await bad.exit).toBe(2);
  expect(bad.output.text).toMatch(/^--pods must be an integer from 1 to 100, got "many"/);
  for (const args of [["--nonsense"], ["--short"]]) {
    const unknown = run(args);
    expect(await unknown.exit).toBe(2);
    expect(unknown.output.text).toContain(args[0]);
  }
});

it("says which port is taken and leaves no process behind, also where another gateway wants it", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const first = run(["--port", `${port}`, "--admin-port", "0", "--pods", "1"]);
  const second = run(["--port", `${port - 1}`, "--gateways", "3", "--admin-port", "0", "--pods", "1"]);
  expect(await first.exit).toBe(1);
  expect(first.output.text).toContain(`The demo could not start: port ${port} is taken: choose another with --port N`);
  // The ports around it may be somebody's as well.
  expect(await second.exit).toBe(1);
  expect(second.output.text).toMatch(/The demo could not start: port \d+ is taken: choose another with --port N/);
  taken.close();
});

it("says so at once when Redis does not answer", async () => {
  const { output, exit } = run(["--port", "0", "--admin-port", "0"], { REDIS_URL: "redis://127.0.0.1:1" });
  expect(await exit).toBe(1);
  expect(output.text).toMatch(
    /^The demo could not start: .*no connection to Redis: connect ECONNREFUSED 127\.0\.0\.1:1/,
  );
});

it("says so at once when a file cannot be written", async () => {
  const { output, exit } = run(["--port", "0", "--admin-port", "0", "--access-log", "/dev/null/access.jsonl"]);
  expect(await exit).toBe(1);
  expect(output.text).toMatch(/^The demo could not start: ENOTDIR: .*\/dev\/null\/access\.jsonl/);
});

it("ends on Ctrl-C while it starts", async () => {
  const { child, exit } = run(["--port", "0", "--admin-port", "0"]);
  await once(child, "spawn");
  await new Promise((resolve) => setTimeout(resolve, 700));
  child.kill("SIGINT");
  expect([0, 130, null]).toContain(await exit);
});
