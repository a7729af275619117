import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { StatefulStore } from "@route/executor";
import type { Features } from "../config/config.ts";
import type { GatewayConfig } from "../gateway-service.ts";
import { serveStore } from "../store/serve-store.ts";

/** The environment variable that holds a gateway's config as JSON. */
export const gatewayConfigVariable = "ROUTE_GATEWAY_CONFIG";

/** A gateway process. */
export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  readonly child: ChildProcess;
}

const gatewayMain = join(import.meta.dirname, "gateway-main.ts");
const killAfterMs = 6000;

const untilReady = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`a gateway ended before it was ready (${signal ?? code})`)));
    child.on("message", (message: { url?: string; failed?: string }) => {
      if (message.url !== undefined) resolve(message.url);
      if (message.failed !== undefined) reject(new Error(message.failed));
    });
  });

/** Gateways as processes of their own, side by side on the same links. */
export class GatewayFleet {
  readonly #store: StatefulStore;
  readonly #gateways: GatewayProcess[] = [];
  /** All that run, also those that are not ready yet. */
  readonly #children = new Set<ChildProcess>();

  /** `store` is served to gateways that have no `redisUrl`. */
  constructor(store: StatefulStore) {
    this.#store = store;
  }

  list(): readonly GatewayProcess[] {
    return this.#gateways;
  }

  async start(config: GatewayConfig): Promise<GatewayProcess> {
    const child = fork(gatewayMain, {
      execArgv: ["--conditions=route-source"],
      serialization: "advanced",
      env: { ...process.env, [gatewayConfigVariable]: JSON.stringify(config) },
    });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    serveStore(child, this.#store);
    const gateway = { url: await untilReady(child), pid: child.pid ?? 0, child };
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Switches features of all. */
  setFeatures(features: Partial<Features>): void {
    for (const { child } of this.#gateways) if (child.connected) child.send({ features });
  }

  /** Lets each end what it has begun. */
  async close(): Promise<void> {
    this.#gateways.splice(0);
    const running = [...this.#children];
    const ended = running.map((child) => once(child, "exit"));
    for (const child of running) child.kill("SIGTERM");
    const timer = setTimeout(() => {
      for (const child of running) child.kill("SIGKILL");
    }, killAfterMs);
    await Promise.all(ended);
    clearTimeout(timer);
  }
}
