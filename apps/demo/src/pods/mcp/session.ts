import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";

/** What goes from pod to pod with a session. */
interface SessionState {
  /** The client's first message: said again to the next server, as the protocol has no other way to resume. */
  readonly initialize: unknown;
  readonly notes: readonly string[];
}

const isInitialize = (message: unknown): boolean =>
  typeof message === "object" && message !== null && (message as { method?: unknown }).method === "initialize";

const answer = (text: string) => ({ content: [{ type: "text" as const, text }] });

/** A server of the Model Context Protocol for one client, with what it was told to remember in this process's memory alone. */
export class McpSession {
  readonly #id: string;
  readonly #pod: number;
  readonly #notes: string[];
  readonly #server = new McpServer({ name: "route-demo", version: "1.0.0" });
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  #initialize: unknown;

  /** A new session, or one that another pod gave away as `state`. */
  static async open(id: string, pod: number, state?: string): Promise<McpSession> {
    const { initialize, notes } =
      state === undefined ? { initialize: undefined, notes: [] } : (JSON.parse(state) as SessionState);
    const session = new McpSession(id, pod, notes);
    await session.#server.connect(session.#transport);
    if (initialize !== undefined) await session.#resume(initialize);
    return session;
  }

  private constructor(id: string, pod: number, notes: readonly string[]) {
    this.#id = id;
    this.#pod = pod;
    this.#notes = [...notes];
    this.#transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      enableJsonResponse: true,
    });
    const input = { note: z.string() };
    this.#server.registerTool("remember", { description: "Keeps a note.", inputSchema: input }, ({ note }) =>
      answer(`${this.#notes.push(note)}`),
    );
    this.#server.registerTool("recall", { description: "All notes, and the pod that has them." }, () =>
      answer(JSON.stringify({ pod: this.#pod, notes: this.#notes })),
    );
  }

  /** Answers one message of the client; 404, on which clients begin anew, where the session was lost with its pod. */
  async handle(headers: Headers, message: unknown): Promise<Response> {
    if (isInitialize(message)) this.#initialize = message;
    if (this.#initialize === undefined) return Response.json({ error: { code: "SESSION_LOST" } }, { status: 404 });
    return this.#ask(headers, message);
  }

  /** For the next pod. */
  state(): string {
    return JSON.stringify({ initialize: this.#initialize, notes: this.#notes } satisfies SessionState);
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  async #resume(initialize: unknown): Promise<void> {
    const headers = new Headers({ accept: "application/json, text/event-stream", "content-type": "application/json" });
    await this.handle(headers, initialize);
    headers.set("mcp-session-id", this.#id);
    await this.#ask(headers, { jsonrpc: "2.0", method: "notifications/initialized" });
  }

  #ask(headers: Headers, message: unknown): Promise<Response> {
    const request = new Request("http://pod/mcp", { method: "POST", headers, body: JSON.stringify(message) });
    return this.#transport.handleRequest(request, { parsedBody: message });
  }
}
