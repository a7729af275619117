import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RedisStoreOptions } from "../../src/redis.ts";
import { type PartitionProxy, partitionProxy } from "./partition-proxy.ts";
import { type PodLog, podLogName, readPodLogs } from "./pod-log.ts";
import type { Order, PodProcessOptions, Report } from "./pod-process.ts";

/** Whom a pod can be cut off from. */
export type Side = "store" | "gateways";

/** What a {@link Fleet} works with. */
export interface FleetOptions {
  readonly namespace: string;
  readonly service: string;
  readonly leaseMs: number;
  /** How pods reach the store. */
  readonly store: RedisStoreOptions;
  /** With it pods reach the server on this port through a path that can be cut, whatever `store` says. */
  readonly storePort?: number | undefined;
}

/** One process of a pod, and the paths to it and from it. */
interface Pod {
  readonly child: ChildProcess;
  readonly logName: string;
  readonly paths: Readonly<Record<Side, PartitionProxy | undefined>>;
}

/** Resolves with the next message for which `accepts` holds; rejects if the process ends before. */
const reported = <Expected extends Report>(
  child: ChildProcess,
  accepts: (message: Report) => message is Expected,
): Promise<Expected> =>
  new Promise((resolve, reject) => {
    const hear = (message: unknown): void => {
      if (!accepts(message as Report)) return;
      child.off("message", hear).off("exit", fail);
      resolve(message as Expected);
    };
    const fail = (): void => reject(new Error("the pod's process ended before it answered"));
    child.on("message", hear).once("exit", fail);
  });

const is =
  <Word extends Extract<Report, string>>(word: Word) =>
  (message: Report): message is Word =>
    message === word;
const isPort = (message: Report): message is { readonly port: number } =>
  typeof message === "object" && "port" in message;

/** Pods as processes of their own, which can be killed, frozen, restarted and cut off. */
export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "route-pods-"));
  readonly #pods = new Map<number, Pod>();
  #lives = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Starts a process for the pod; a second one of the same id waits for the lease of the first. */
  async start(id: number): Promise<void> {
    const { storePort, store, ...name } = this.#options;
    const storePath = storePort === undefined ? undefined : await partitionProxy(storePort);
    const logName = podLogName(id, this.#lives++);
    const options: PodProcessOptions = {
      ...{ ...name, id, logPath: join(this.#folder, logName) },
      store: storePath ? { ...store, url: `redis://127.0.0.1:${storePath.port}` } : store,
    };
    const program = join(import.meta.dirname, "pod-process.ts");
    const child = fork(program, [JSON.stringify(options)], { execArgv: ["--conditions=route-source"] });
    const { port } = await reported(child, isPort);
    const gatewayPath = await partitionProxy(port);
    this.#pods.set(id, { child, logName, paths: { store: storePath, gateways: gatewayPath } });
    await this.#order(child, { address: `127.0.0.1:${gatewayPath.port}` }, "started");
  }

  /** kill -9, and the end of the process awaited. */
  async kill(id: number): Promise<void> {
    const { child, paths } = this.#pod(id);
    this.#pods.delete(id);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    for (const path of Object.values(paths)) await path?.[Symbol.asyncDispose]();
  }

  /** SIGSTOP. */
  async freeze(id: number): Promise<void> {
    await this.#order(this.#pod(id).child, "freeze", "frozen");
  }

  /** SIGCONT. */
  thaw(id: number): void {
    this.#pod(id).child.kill("SIGCONT");
  }

  cut(id: number, ...sides: readonly Side[]): void {
    for (const side of sides) this.#pod(id).paths[side]!.cut();
  }

  heal(id: number, ...sides: readonly Side[]): void {
    for (const side of sides) this.#pod(id).paths[side]!.heal();
  }

  /** The pod mints so many uids, and serves each once. */
  async claim(id: number, count: number): Promise<void> {
    await this.#order(this.#pod(id).child, { claim: count }, "claimed");
  }

  /** All uids of the pod move to others. */
  async drain(id: number): Promise<void> {
    await this.#order(this.#pod(id).child, "drain", "drained");
  }

  /** The same, until so many have moved: then kill -9. */
  async killInDrain(id: number, afterMoved: number): Promise<void> {
    const { child } = this.#pod(id);
    const isFar = (message: Report): message is { readonly moved: number } =>
      typeof message === "object" && "moved" in message && message.moved >= afterMoved;
    const far = reported(child, isFar);
    child.send("drain" satisfies Order);
    await far;
    await this.kill(id);
  }

  /** Ends a process with a clean stop of its agent. */
  async stop(id: number): Promise<void> {
    await this.#order(this.#pod(id).child, "stop", "stopped");
    await this.kill(id);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#pods.keys()].map((id) => this.stop(id)));
  }

  /** What the pods have written so far. */
  logs(): PodLog[] {
    return readPodLogs(this.#folder);
  }

  /** The logs of the processes that run. */
  livingLogs(): PodLog[] {
    const living = new Set([...this.#pods.values()].map(({ logName }) => logName));
    return this.logs().filter(({ process }) => living.has(process));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pods.keys()].map((id) => this.kill(id)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #order(child: ChildProcess, order: Order, answer: Extract<Report, string>): Promise<void> {
    const done = reported(child, is(answer));
    child.send(order);
    await done;
  }

  #pod(id: number): Pod {
    const pod = this.#pods.get(id);
    if (!pod) throw new Error(`pod ${id} does not run`);
    return pod;
  }
}
