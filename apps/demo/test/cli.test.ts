import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { until } from "./harness.ts";

const main = join(import.meta.dirname, "../src/main.ts");

const run = (args: readonly string[], env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ["--conditions=route-source", main, ...args], {
    env: { ...process.env, REDIS_URL: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { text: "" };
  const keep = (chunk: Buffer): void => {
    output.text += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const exit = once(child, "exit").then(([code]) => code as number | null);
  return { child, output, exit };
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const pidsIn = (text: string): number[] => [...text.matchAll(/\(pid (\d+)\)/g)].map((match) => Number(match[1]));

/** What a printed curl line asks for. */
const curl = (line: string): Promise<Response> => {
  const url = /'?(http:\/\/[^\s']+)'?/.exec(line)![1]!;
  const header = /-H '([^:]+): ([^']+)'/.exec(line);
  return fetch(url, header ? { headers: { [header[1]!]: header[2]! } } : {});
};

it("prints three curl lines that work, and Ctrl-C ends all processes", async () => {
  const { child, output, exit } = run(["--port", "0", "--admin-port", "0"]);
  await until("the introduction", () => output.text.includes("Ctrl-C ends everything"));
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
  const pids = pidsIn(output.text);
  expect(pids).toHaveLength(3);
  child.kill("SIGINT");
  expect(await exit).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});

it("takes its pods along when it is killed", async () => {
  const { child, output, exit } = run(["--port", "0", "--admin-port", "0", "--pods", "2"]);
  await until("the introduction", () => output.text.includes("Ctrl-C ends everything"));
  child.kill("SIGKILL");
  await exit;
  await until("the pods end", () => pidsIn(output.text).filter(isAlive).length === 0);
});

it("explains itself, and names a bad flag, its rule and its value", async () => {
  const help = run(["--help"]);
  expect(await help.exit).toBe(0);
  expect(help.output.text).toMatch(/^Usage: pnpm demo/);
  const bad = run(["--pods", "many"]);
  expect(await bad.exit).toBe(2);
  expect(bad.output.text).toMatch(/^--pods must be an integer from 1 to 100, got "many"/);
  const unknown = run(["--nonsense"]);
  expect(await unknown.exit).toBe(2);
  expect(unknown.output.text).toMatch(/--nonsense/);
});

it("says which port is taken and leaves no process behind", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const { output, exit } = run(["--port", `${port}`, "--admin-port", "0"]);
  expect(await exit).toBe(1);
  expect(output.text).toContain(`The demo could not start: port ${port} is taken: choose another with --port N`);
  taken.close();
});

it("says so at once when Redis does not answer", async () => {
  const { output, exit } = run(["--port", "0", "--admin-port", "0"], { REDIS_URL: "redis://127.0.0.1:1" });
  expect(await exit).toBe(1);
  expect(output.text).toMatch(
    /^The demo could not start: .*no connection to Redis: connect ECONNREFUSED 127\.0\.0\.1:1/,
  );
});

it("ends on Ctrl-C while it starts", async () => {
  const { child, exit } = run(["--port", "0", "--admin-port", "0"]);
  await once(child, "spawn");
  await new Promise((resolve) => setTimeout(resolve, 700));
  child.kill("SIGINT");
  expect([0, 130, null]).toContain(await exit);
});
