import type { IncomingMessage, ServerResponse } from "node:http";
import { answerScrape } from "./answer.ts";
import type { PageSource } from "./page.ts";

/** A request listener of node:http, and so a middleware of Express and Connect. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** A handler of fetch-style servers. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** Answers scrapes on node:http. */
export const nodeHandler =
  (source: PageSource): NodeHandler =>
  (request, response) => {
    const { accept } = request.headers;
    const acceptEncoding = request.headers["accept-encoding"];
    answerScrape(source, {
      method: request.method ?? "GET",
      accept,
      acceptEncoding: Array.isArray(acceptEncoding) ? acceptEncoding.join() : acceptEncoding,
    }).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  };

/** Answers scrapes on fetch-style servers. */
export const fetchHandler =
  (source: PageSource): FetchHandler =>
  async (request) => {
    const { status, headers, body } = await answerScrape(source, {
      method: request.method,
      accept: request.headers.get("accept"),
      acceptEncoding: request.headers.get("accept-encoding"),
    });
    return new Response(body.length > 0 ? body : null, { status, headers: { ...headers } });
  };
