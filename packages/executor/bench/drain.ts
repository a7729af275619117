// A pod gives up 20,000 uids with a small state each. Both pods and Redis are processes of their own.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { BenchRow } from "../../../tools/bench.ts";
import { redisForTests } from "../../../tools/redis-server.ts";
import type { PodReport } from "./_drain-pod.ts";

const uidCount = 20_000;
const rounds = 5;
const targetMs = 2000;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

interface Run {
  readonly drainedMs: number;
  readonly adoptedMs: number;
  readonly exact: boolean;
  /** CPU time of the drain alone. */
  readonly cpuMs: { readonly from: number; readonly to: number; readonly redis: number };
}

const reported = async (pod: ChildProcess, kind: PodReport["kind"]): Promise<PodReport> => {
  const [report] = (await once(pod, "message", { signal: AbortSignal.timeout(60_000) })) as [PodReport];
  if (report.kind !== kind) throw new Error(`expected ${kind}, got ${report.kind}`);
  return report;
};

const startPod = async (url: string, service: string, id: number): Promise<{ pod: ChildProcess; cpuMs: number }> => {
  const args = [url, service, `${id}`, `${uidCount}`];
  const pod = fork(join(import.meta.dirname, "_drain-pod.ts"), args, { execArgv: ["--conditions=route-source"] });
  return { pod, cpuMs: (await reported(pod, "started")).cpuMs };
};

const cpuOfRedis = async (redis: Redis): Promise<number> => {
  const info = await redis.info("cpu");
  const seconds = (field: string): number => Number(new RegExp(`^${field}:(.*)`, "m").exec(info)?.[1]);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1000;
};

const drainOnce = async (url: string, redis: Redis, service: string): Promise<Run> => {
  const { pod: from } = await startPod(url, service, 0);
  from.send("claim");
  const claimed = await reported(from, "claimed");
  const { pod: to, cpuMs: startCpuMs } = await startPod(url, service, 1);
  const redisBefore = await cpuOfRedis(redis);
  const adopting = reported(to, "adopted");
  const startMs = performance.now();
  from.send("drain");
  const drained = await reported(from, "drained");
  const drainedMs = performance.now() - startMs;
  const adopted = await adopting;
  const adoptedMs = performance.now() - startMs;
  const redisMs = (await cpuOfRedis(redis)) - redisBefore;
  for (const pod of [from, to]) {
    pod.kill("SIGKILL");
    await once(pod, "exit");
  }
  const exact = drained.uids === uidCount && adopted.uids === uidCount;
  return {
    drainedMs,
    adoptedMs,
    exact,
    cpuMs: { from: drained.cpuMs - claimed.cpuMs, to: adopted.cpuMs - startCpuMs, redis: redisMs },
  };
};

/** The drain of a pod. */
export const bench = async (): Promise<BenchRow[]> => {
  await using server = await redisForTests();
  const redis = new Redis(server.url);
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await drainOnce(server.url, redis, `drain-${round}`));
  redis.disconnect();
  const of = (read: (run: Run) => number): number => Math.round(median(runs.map(read)));
  const timed = (name: string, ms: number): BenchRow => ({
    case: name,
    measured: `${ms} ms`,
    target: `<= ${targetMs} ms`,
    met: ms <= targetMs,
  });
  const exact = runs.filter((run) => run.exact).length;
  const cpu = `pod ${of((run) => run.cpuMs.from)} ms, new owner ${of((run) => run.cpuMs.to)} ms, Redis ${of((run) => run.cpuMs.redis)} ms`;
  return [
    timed(
      "Drain of 20,000 uids held by one pod, each with a state, three processes: drain() resolves",
      of((run) => run.drainedMs),
    ),
    timed(
      "the same, until the new owner holds all of them",
      of((run) => run.adoptedMs),
    ),
    { case: "CPU time of that", measured: cpu, target: "", met: undefined },
    {
      case: "each exactly once, with its state",
      measured: `${exact} of ${rounds} drains`,
      target: `${rounds} of ${rounds}`,
      met: exact === rounds,
    },
  ];
};
