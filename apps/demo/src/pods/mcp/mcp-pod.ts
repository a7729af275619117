import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isLegacyRequest } from "@modelcontextprotocol/server";
import { type AcquireDetails, ExecutorError, PodAgent, type StatefulStore, wire } from "@route/executor";
import type { Pod, PodConfig } from "../messages.ts";
import { podLog } from "../pod-log.ts";
import { addressOf, drainPod, openPodServer, stopPod } from "../pod-server.ts";
import { Notebooks } from "./notebooks.ts";
import type { Mint, Revision } from "./revision.ts";
import { Sessions } from "./sessions.ts";
import { isStream, sendAnswer, sendStream, toWebRequest } from "./web-http.ts";

/** What goes from pod to pod with a uid. */
interface HandedOver {
  readonly revision: "sessions" | "notebooks";
  readonly state: string;
}

/**
 * A pod with servers of the Model Context Protocol, for clients of both revisions. It mints the ids by which clients come
 * back, claims them, and hands over what belongs to them when it leaves.
 */
export class McpPod implements Pod {
  readonly agent: PodAgent;
  readonly #config: PodConfig;
  readonly #server: Server;
  readonly #revisions: { readonly [Name in HandedOver["revision"]]: Revision };

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
    this.#revisions = { sessions: new Sessions(id), notebooks: new Notebooks(id) };
    this.agent = new PodAgent({
      ...{ store, namespace, service, id, leaseMs, secret, address: this.address, log: podLog },
      onAcquire: (uid, details) => this.#acquire(uid, details),
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

  drain(): Promise<void> {
    return drainPod(this.agent, this.#server, this.#config.drainMs);
  }

  stop(): Promise<void> {
    return stopPod(this.agent, this.#server);
  }

  async #serve(req: IncomingMessage, res: ServerResponse, uid: string): Promise<void> {
    // The uid of a client's first request, and one that nobody has minted, are held for this request alone.
    res.once("close", () => {
      if (!this.#holds(uid)) void this.agent.release(uid);
    });
    const request = toWebRequest(req);
    const { sessions, notebooks } = this.#revisions;
    const revision = (await isLegacyRequest(request)) ? sessions : notebooks;
    const answer = await revision.answer(request, uid, this.#mint);
    if (!isStream(answer)) return sendAnswer(res, answer);
    // It would keep the uid here: it ends when the uid is to leave, and the client opens it again where the uid is then.
    const stream = { end: sendStream(res, answer) };
    const held = this.agent.admit(uid);
    if (!held) return stream.end();
    held.open.add(stream);
    res.once("close", () => held.open.delete(stream));
  }

  readonly #mint: Mint = async (use) => {
    const uid = randomUUID();
    const held = (await this.#claims(uid)) ? this.agent.admit(uid) : undefined;
    // Nothing has run: the gateway may ask another pod.
    if (!held) return new Response(null, { status: 421, headers: { [wire.refusedHeader]: "draining" } });
    held.inFlight++;
    try {
      return await use(uid);
    } finally {
      held.onClose();
      if (!this.#holds(uid)) void this.agent.release(uid);
    }
  };

  /** Whether the new uid is this pod's; not so where it has begun to leave. */
  async #claims(uid: string): Promise<boolean> {
    try {
      await this.agent.claim(uid);
      return true;
    } catch (error) {
      if (error instanceof ExecutorError && (error.code === "NO_LIVE_POD" || error.code === "NOT_OWNER")) return false;
      throw error;
    }
  }

  #holds(uid: string): boolean {
    return Object.values(this.#revisions).some((revision) => revision.has(uid));
  }

  async #acquire(uid: string, { state, reason }: AcquireDetails): Promise<void> {
    if (state !== undefined) {
      const handed = JSON.parse(String(state)) as HandedOver;
      await this.#revisions[handed.revision].take(uid, handed.state);
    } else if (reason === "move") {
      // A first request was under way for it when its pod left, and nothing else ever will be.
      void this.agent.release(uid);
    }
  }

  #give(uid: string): string | undefined {
    for (const revision of ["sessions", "notebooks"] as const) {
      const state = this.#revisions[revision].give(uid);
      if (state !== undefined) return JSON.stringify({ revision, state } satisfies HandedOver);
    }
    return undefined;
  }
}
