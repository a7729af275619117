import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { redisForTests } from "../../../tools/redis-server.ts";
import { patienceMs } from "./waiting.ts";

const root = join(import.meta.dirname, "..");

/** A part of what each example prints at its end. */
const printed: Readonly<Record<string, string>> = {
  "chat.ts":
    "ann is told 1012 and connects again\nben has read: ann: is anybody here? / ben: yes / ann: good\npod 1 holds room:lobby",
  "cluster.ts": "",
  "coming-from-go.ts": "placed on pod 1\nclaimed by pod 0: true from pod 1\nroom:7 is held by go-chat\nremoved: true",
  "counter.ts": "20 counters were moved to pod 1, which holds 20\nnothing was lost: all stand at 6",
  "job-runner.ts":
    "runner 0: step 3 of job-7 refused by the database, for its fence is old\nrunner 1: step 3 of job-7 done",
  "no-gateway.ts": "ann has tea, milk, sugar on pod",
  "quickstart.ts": "has stopped\nalice was counted 1 times by pod",
  "redis.ts": "opened room:lobby (takeover, fence ",
};

it("every example is run", () => {
  expect(readdirSync(join(root, "examples")).sort()).toEqual(Object.keys(printed));
});

// The one for a Cluster is run where there is one: in the test of the topologies.
it.each(Object.entries(printed).filter(([name]) => name !== "cluster.ts"))(
  "examples/%s runs, prints, and ends by itself",
  async (name, part) => {
    await using redis = await redisForTests();
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--conditions=route-source", join(root, "examples", name)],
      { env: { ...process.env, REDIS_URL: redis.url }, timeout: 4 * patienceMs },
    );
    expect(stderr).toBe("");
    expect(stdout).toContain(part);
  },
);

const textOf = (path: string): string => readFileSync(join(root, path), "utf8");

it("the README quotes the quickstart word for word", () => {
  expect(textOf("README.md")).toContain(`\`\`\`ts\n${textOf("examples/quickstart.ts")}\`\`\``);
});

it("the README tells of every error code", () => {
  const codes = [...textOf("src/errors.ts").matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map((match) => match[1]);
  expect(codes).toContain("OVERLOADED");
  for (const code of codes) expect(textOf("README.md")).toContain(`| \`${code}\` `);
});
