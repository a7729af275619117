import { McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { z } from "zod";
import { said } from "./revision.ts";

/** What goes from pod to pod with a session. */
interface SessionState {
  /** The client's first message: said again to the next server, as the protocol has no other way to resume. */
  readonly initialize: unknown;
  readonly notes: readonly string[];
}

// Gateways give up on a pod that says nothing for 10 s.
const keepAliveMs = 5000;

const isInitialize = (message: unknown): boolean =>
  typeof message === "object" && message !== null && (message as { method?: unknown }).method === "initialize";

/** A server for one client of revision 2025-11-25, with what it was told to remember in this process's memory alone. */
export class Session {
  readonly #notes: string[];
  readonly #server = new McpServer({ name: "route-demo", version: "1.0.0" }, { capabilities: { logging: {} } });
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  #initialize: unknown;

  /** Still without a client: its first message must be `initialize`. */
  static async open(id: string, pod: number): Promise<Session> {
    return Session.#connect(new Session(id, pod, []));
  }

  /** One that another pod gave away as `state`. */
  static async resume(id: string, pod: number, state: string): Promise<Session> {
    const { initialize, notes } = JSON.parse(state) as SessionState;
    const session = await Session.#connect(new Session(id, pod, notes));
    const headers = new Headers({ accept: "application/json, text/event-stream", "content-type": "application/json" });
    await session.#say(headers, initialize);
    headers.set("mcp-session-id", id);
    await session.#say(headers, { jsonrpc: "2.0", method: "notifications/initialized" });
    return session;
  }

  static async #connect(session: Session): Promise<Session> {
    await session.#server.connect(session.#transport);
    return session;
  }

  private constructor(id: string, pod: number, notes: readonly string[]) {
    this.#notes = [...notes];
    this.#transport = new WebStandardStreamableHTTPServerTransport({
      ...{ sessionIdGenerator: () => id, enableJsonResponse: true, keepAliveMs },
    });
    const input = z.object({ note: z.string() });
    this.#server.registerTool("remember", { description: "Keeps a note.", inputSchema: input }, async ({ note }) => {
      const count = this.#notes.push(note);
      // To the client's stream, if it has one open; the answer does not depend on it.
      await this.#server.sendLoggingMessage({ level: "info", data: `note ${count} is kept` });
      return said(`${count}`);
    });
    this.#server.registerTool("recall", { description: "All notes, and the pod that has them." }, () =>
      said(JSON.stringify({ pod, notes: this.#notes })),
    );
  }

  /** Whether a client has introduced itself. */
  get isBegun(): boolean {
    return this.#initialize !== undefined;
  }

  /** Answers one request of the client: with JSON, or for a `GET` with a stream of what the server has to say. */
  async answer(request: Request): Promise<Response> {
    if (request.method !== "POST") return this.#transport.handleRequest(request);
    const parsedBody: unknown = await request.json();
    if (isInitialize(parsedBody)) this.#initialize = parsedBody;
    return this.#transport.handleRequest(request, { parsedBody });
  }

  /** For the next pod. */
  state(): string {
    return JSON.stringify({ initialize: this.#initialize, notes: this.#notes } satisfies SessionState);
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  async #say(headers: Headers, message: unknown): Promise<void> {
    await this.answer(new Request("http://pod/mcp", { method: "POST", headers, body: JSON.stringify(message) }));
  }
}
