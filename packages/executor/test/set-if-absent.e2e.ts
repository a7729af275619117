import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";

it("6 processes link 4000 uids at once: one winner each, and everybody is told the same", async () => {
  await using server = await startRedis();
  const worker = join(import.meta.dirname, "set-if-absent-worker.ts");
  const startAt = `${Date.now() + 4000}`;
  const run = (pod: number) =>
    promisify(execFile)(process.execPath, ["--conditions=route-source", worker, server.url, `${pod}`, startAt], {
      maxBuffer: 10_000_000,
    });
  const outputs = await Promise.all(Array.from({ length: 6 }, (_, pod) => run(pod)));
  const told = outputs.map(({ stdout }) => JSON.parse(stdout) as [pod: number, created: boolean][]);
  for (let uid = 0; uid < 4000; uid++) {
    const winners = told.flatMap((answers, pod) => (answers[uid]![1] ? [pod] : []));
    expect(winners).toHaveLength(1);
    expect(new Set(told.map((answers) => answers[uid]![0]))).toEqual(new Set(winners));
  }
});
