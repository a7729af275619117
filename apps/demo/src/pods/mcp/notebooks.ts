import { createMcpHandler, type McpHttpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { type Mint, type Revision, said } from "./revision.ts";

// Gateways give up on a pod that says nothing for 10 s.
const keepAliveMs = 5000;
const openTool = "open_notebook";

/** The handle of a notebook, which clients also send in the header `Mcp-Param-Notebook`: by it gateways find the pod. */
const notebook = z.string().describe("The handle of a notebook.").meta({ "x-mcp-header": "Notebook" });

/**
 * The notebooks of revision 2026-07-28, which knows no sessions: a tool gives out a handle, and the client passes it to
 * the other tools as a parameter, which a header repeats.
 */
export class Notebooks implements Revision {
  readonly #pod: number;
  readonly #notebooks = new Map<string, string[]>();
  readonly #handler: McpHttpHandler;

  constructor(pod: number) {
    this.#pod = pod;
    this.#handler = createMcpHandler(() => this.#server(), { legacy: "reject", keepAliveMs });
  }

  async answer(request: Request, _uid: string, mint: Mint): Promise<Response> {
    // The SDK refuses requests whose headers and body do not agree.
    if (request.headers.get("mcp-name") !== openTool) return this.#handler.fetch(request);
    return mint((handle) => createMcpHandler(() => this.#server(handle), { legacy: "reject" }).fetch(request));
  }

  has(uid: string): boolean {
    return this.#notebooks.has(uid);
  }

  async take(uid: string, state: string): Promise<void> {
    this.#notebooks.set(uid, JSON.parse(state) as string[]);
  }

  give(uid: string): string | undefined {
    const notes = this.#notebooks.get(uid);
    this.#notebooks.delete(uid);
    return notes && JSON.stringify(notes);
  }

  /** A server for one request; `minted` is the handle of the notebook that it may open. */
  #server(minted?: string): McpServer {
    const server = new McpServer({ name: "route-demo", version: "1.0.0" });
    server.registerTool(openTool, { description: "Opens an empty notebook and gives out its handle." }, () => {
      if (minted === undefined) throw new Error("no handle was minted for this request");
      this.#notebooks.set(minted, []);
      return said(minted);
    });
    const onNotes = (handle: string, use: (notes: string[]) => string) => {
      const notes = this.#notebooks.get(handle);
      return notes ? said(use(notes)) : { ...said("There is no such notebook: open a new one."), isError: true };
    };
    server.registerTool(
      "remember",
      { description: "Keeps a note.", inputSchema: z.object({ notebook, note: z.string() }) },
      (input) => onNotes(input.notebook, (notes) => `${notes.push(input.note)}`),
    );
    server.registerTool(
      "recall",
      { description: "All notes, and the pod that has them.", inputSchema: z.object({ notebook }) },
      (input) => onNotes(input.notebook, (notes) => JSON.stringify({ pod: this.#pod, notes })),
    );
    server.registerTool(
      "close_notebook",
      { description: "Throws the notebook away.", inputSchema: z.object({ notebook }) },
      (input) => onNotes(input.notebook, () => `${this.#notebooks.delete(input.notebook)}`),
    );
    return server;
  }
}
