import { openSync, writeSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ownership, PodAgent, type StatefulStore } from "@route/executor";
import { WebSocketServer } from "ws";
import type { Pod, PodConfig, PodFault } from "./messages.ts";
import { podLog, say } from "./pod-log.ts";
import { addressOf, drainPod, openPodServer, stopPod } from "./pod-server.ts";

/** A stateful service as small as can be: a counter for each uid, in this process's memory alone. */
export class CounterPod implements Pod {
  readonly agent: PodAgent;
  readonly #config: PodConfig;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });
  readonly #counts = new Map<string, number>();
  readonly #logFile: number | undefined;
  #fault: PodFault;
  /** Whether something that was served is not in the log. */
  #lacksLines = false;

  static async listen(config: PodConfig, store: StatefulStore): Promise<CounterPod> {
    const server = await openPodServer();
    const pod = new CounterPod(config, store, server);
    await pod.agent.start();
    return pod;
  }

  private constructor(config: PodConfig, store: StatefulStore, server: Server) {
    const { namespace, service, id, leaseMs, secret, onStoreLost = "refuse" } = config;
    this.#config = config;
    this.#fault = config.fault ?? {};
    this.#server = server;
    server.on("connection", (socket) => {
      if (this.#fault.deaf) socket.resetAndDestroy();
    });
    this.#logFile = config.logFile === undefined ? undefined : openSync(config.logFile, "a");
    this.agent = new PodAgent({
      ...{ store, namespace, service, id, leaseMs, secret, onStoreLost, address: this.address, log: podLog },
      onAcquire: (uid, { state }) => void this.#counts.set(uid, state === undefined ? 0 : Number(state)),
      onRelease: (uid) => this.#release(uid),
      onLost: (uid) => void this.#counts.delete(uid),
      onIdle: (uid) => void this.#counts.delete(uid),
    });
    server.on(
      "request",
      this.agent.guard((req, res, ownership) => void this.#serve(req, res, ownership)),
    );
    server.on(
      "upgrade",
      this.agent.guardUpgrade((req, socket, head, ownership) =>
        this.#sockets.handleUpgrade(req, socket, head, (webSocket) => {
          webSocket.on("error", () => webSocket.terminate());
          webSocket.on("message", (message) => webSocket.send(this.#echo(String(message), ownership)));
        }),
      ),
    );
  }

  get address(): string {
    return addressOf(this.#server);
  }

  setFault(fault: PodFault): void {
    this.#fault = fault;
  }

  /** Hands what it holds over to the other pods, within the drain deadline, then stops. */
  drain(): Promise<void> {
    return drainPod(this.agent, this.#server, this.#config.drainMs);
  }

  stop(): Promise<void> {
    return stopPod(this.agent, this.#server);
  }

  // The next pod goes on counting from here.
  #release(uid: string): string {
    const count = this.#counts.get(uid) ?? 0;
    this.#counts.delete(uid);
    return `${count}`;
  }

  async #serve(req: IncomingMessage, res: ServerResponse, { uid, fence }: Ownership): Promise<void> {
    const { delayMs, reset } = this.#fault;
    if (reset) {
      req.socket.resetAndDestroy();
      return;
    }
    const count = this.#count(uid, fence);
    if (delayMs) await sleep(delayMs);
    res.setHeader("content-type", "application/json");
    res.end(`${JSON.stringify({ uid, pod: this.agent.id, count })}\n`);
  }

  #echo(message: string, { uid, fence }: Ownership): string {
    return JSON.stringify({ uid, pod: this.agent.id, count: this.#count(uid, fence), message });
  }

  #count(uid: string, fence: number): number {
    const count = (this.#counts.get(uid) ?? 0) + 1;
    this.#counts.set(uid, count);
    if (this.#logFile !== undefined) this.#log(this.#logFile, { uid, fence, count });
    return count;
  }

  // Synchronous, so that a killed pod has logged what it served. A full disk is no reason to serve no longer.
  #log(file: number, served: { uid: string; fence: number; count: number }): void {
    const { id: pod, incarnation } = this.agent;
    try {
      writeSync(file, `${JSON.stringify({ at: Date.now(), pod, incarnation, ...served })}\n`);
    } catch (error) {
      if (!this.#lacksLines) say(`pod ${pod} cannot log what it serves`, error);
      this.#lacksLines = true;
    }
  }
}
