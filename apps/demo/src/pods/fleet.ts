import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { StatefulStore } from "@route/executor";
import { serveStore } from "../store/serve-store.ts";
import { type FromPod, type PodConfig, type PodFault, podConfigVariable, type ToPod } from "./messages.ts";

/** A pod process. */
export interface PodProcess {
  readonly id: number;
  readonly pid: number;
  readonly address: string;
  readonly child: ChildProcess;
}

/** Options of {@link Fleet}. */
export interface FleetOptions extends Omit<PodConfig, "id" | "logFile" | "fault"> {
  /** Served to the pods over IPC where there is no `redisUrl`. */
  readonly store: StatefulStore;
  /** Where each pod appends a line for each request that it served; `pod-0.jsonl` and so on. */
  readonly logFolder?: string | undefined;
}

const podMain = join(import.meta.dirname, "pod-main.ts");
const killAfterMs = 3000;

const exited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const untilExit = (child: ChildProcess): Promise<void> =>
  exited(child) ? Promise.resolve() : new Promise((resolve) => child.once("exit", () => resolve()));

/** The pods of the demo as child processes of this one. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #pods = new Map<number, PodProcess>();
  /** All that run, also those that are not ready yet. */
  readonly #children = new Set<ChildProcess>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** The living pods, by id. */
  list(): PodProcess[] {
    return [...this.#pods.values()].sort((a, b) => a.id - b.id);
  }

  get(id: number): PodProcess | undefined {
    return this.#pods.get(id);
  }

  /** Starts pods until the ids below `count` all live; the pods above it are asked to drain. */
  async scale(count: number): Promise<void> {
    const missing = Array.from({ length: count }, (_, id) => id).filter((id) => !this.#pods.has(id));
    await Promise.all(missing.map((id) => this.start(id)));
    for (const { id, child } of this.list()) if (id >= count) child.kill("SIGTERM");
  }

  setFault(id: number, fault: PodFault): boolean {
    const child = this.#pods.get(id)?.child;
    return child ? child.send({ type: "fault", fault } satisfies ToPod) : false;
  }

  /** Ends all pods now, without draining. */
  async close(): Promise<void> {
    const children = [...this.#children];
    for (const child of children) if (child.connected) child.send({ type: "stop" } satisfies ToPod, () => {});
    const timer = setTimeout(() => {
      for (const child of children) child.kill("SIGKILL");
    }, killAfterMs);
    await Promise.all(children.map(untilExit));
    clearTimeout(timer);
  }

  /** Starts the pod `id`, with a fault where one is given. */
  async start(id: number, fault?: PodFault): Promise<void> {
    const { store, logFolder, ...shared } = this.#options;
    const logFile = logFolder === undefined ? undefined : join(logFolder, `pod-${id}.jsonl`);
    const child = fork(podMain, {
      execArgv: ["--conditions=route-source"],
      serialization: "advanced",
      env: {
        ...process.env,
        [podConfigVariable]: JSON.stringify({ ...shared, id, logFile, fault } satisfies PodConfig),
      },
    });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    serveStore(child, store);
    const address = await untilReady(child, id);
    this.#pods.set(id, { id, pid: child.pid ?? 0, address, child });
    child.once("exit", () => this.#pods.delete(id));
  }
}

const untilReady = (child: ChildProcess, id: number): Promise<string> =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`pod ${id} ended before it was ready (${signal ?? code})`)));
    child.on("message", (message: FromPod) => {
      if (message.type === "ready") resolve(message.address);
    });
  });
