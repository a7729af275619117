import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { ExecutorError, PodAgent, type StatefulStore, wire } from "@route/executor";
import { anonymousPrefix } from "../../gateway/identity/identify.ts";
import type { Pod, PodConfig } from "../messages.ts";
import { addressOf, closePodServer, leavePodServer, openPodServer } from "../pod-server.ts";
import { McpSession } from "./mcp-session.ts";

const sessionHeader = "mcp-session-id";

/** What runs may end within this time, in milliseconds. */
const graceMs = 1000;

/** A pod that holds Model Context Protocol sessions: it mints their ids and claims them, and hands them over when it leaves. */
export class McpPod implements Pod {
  readonly agent: PodAgent;
  readonly #config: PodConfig;
  readonly #server: Server;
  readonly #sessions = new Map<string, McpSession>();

  static async listen(config: PodConfig, store: StatefulStore): Promise<McpPod> {
    const server = await openPodServer();
    const pod = new McpPod(config, store, server);
    await pod.agent.start();
    return pod;
  }

  private constructor(config: PodConfig, store: StatefulStore, server: Server) {
    const { namespace, service, id, leaseMs, secret } = config;
    this.#config = config;
    this.#server = server;
    this.agent = new PodAgent({
      ...{ store, namespace, service, id, leaseMs, secret, address: this.address },
      onAcquire: async (uid, { state }) => {
        if (uid.startsWith(anonymousPrefix)) return;
        const text = state === undefined ? undefined : String(state);
        this.#sessions.set(uid, await McpSession.open(uid, id, text));
      },
      onRelease: (uid) => this.#give(uid),
      onLost: (uid) => this.#give(uid),
      onIdle: (uid) => this.#give(uid),
    });
    server.on(
      "request",
      this.agent.guard((req, res, { uid }) => {
        this.#serve(req, res, uid).catch(() => res.destroy());
      }),
    );
  }

  get address(): string {
    return addressOf(this.#server);
  }

  async drain(): Promise<void> {
    await this.agent.drain({ signal: AbortSignal.timeout(this.#config.drainMs) });
    await this.agent.stop({ graceMs });
    await leavePodServer(this.#server);
  }

  async stop(): Promise<void> {
    await this.agent.stop({ graceMs });
    closePodServer(this.#server);
  }

  async #serve(req: IncomingMessage, res: ServerResponse, uid: string): Promise<void> {
    // No stream from the server: every answer belongs to a question, so that a session can leave between two of them.
    if (req.method !== "POST") {
      res.writeHead(req.method === "DELETE" ? 204 : 405, { allow: "POST" }).end();
      if (req.method === "DELETE") void this.agent.release(uid);
      return;
    }
    const isNew = req.headers[sessionHeader] === undefined;
    const id = isNew ? randomUUID() : uid;
    const message = await json(req);
    if (isNew) {
      res.once("close", () => void this.agent.release(uid));
      if (!(await this.#claims(id))) {
        // Nothing has run: the gateway may ask another pod.
        res.writeHead(421, { [wire.refusedHeader]: "draining" }).end();
        return;
      }
    }
    const headers = new Headers();
    for (const [name, value] of Object.entries(req.headers)) if (typeof value === "string") headers.set(name, value);
    const answer = await this.#sessions.get(id)!.handle(headers, message);
    res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }

  /** Whether the new id is this pod's; not so where it has begun to leave. */
  async #claims(id: string): Promise<boolean> {
    try {
      await this.agent.claim(id);
      return true;
    } catch (error) {
      if (error instanceof ExecutorError && (error.code === "NO_LIVE_POD" || error.code === "NOT_OWNER")) return false;
      throw error;
    }
  }

  #give(uid: string): string | undefined {
    const session = this.#sessions.get(uid);
    this.#sessions.delete(uid);
    const state = session?.state();
    void session?.close();
    return state;
  }
}
