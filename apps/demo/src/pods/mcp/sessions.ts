import type { Mint, Revision } from "./revision.ts";
import { Session } from "./session.ts";

/** The sessions of revision 2025-11-25: the server mints an id, and the client sends it along in `mcp-session-id`. */
export class Sessions implements Revision {
  readonly #pod: number;
  readonly #sessions = new Map<string, Session>();

  constructor(pod: number) {
    this.#pod = pod;
  }

  async answer(request: Request, uid: string, mint: Mint): Promise<Response> {
    if (request.headers.has("mcp-session-id")) return this.#go(request, uid);
    return mint(async (id) => {
      const session = await Session.open(id, this.#pod);
      const answer = await session.answer(request);
      if (session.isBegun) this.#sessions.set(id, session);
      else await session.close();
      return answer;
    });
  }

  has(uid: string): boolean {
    return this.#sessions.has(uid);
  }

  async take(uid: string, state: string): Promise<void> {
    this.#sessions.set(uid, await Session.resume(uid, this.#pod, state));
  }

  give(uid: string): string | undefined {
    const session = this.#sessions.get(uid);
    this.#sessions.delete(uid);
    const state = session?.state();
    void session?.close();
    return state;
  }

  async #go(request: Request, uid: string): Promise<Response> {
    const session = this.#sessions.get(uid);
    // On a 404 clients begin anew (2025-11-25, "Session Management").
    if (!session) return Response.json({ error: { code: "SESSION_LOST" } }, { status: 404 });
    const answer = await session.answer(request);
    if (request.method === "DELETE" && answer.ok) this.#sessions.delete(uid);
    return answer;
  }
}
