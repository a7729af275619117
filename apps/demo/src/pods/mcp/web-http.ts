import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** A request of node:http as the web has it, which is what the SDK takes. */
export const toWebRequest = (req: IncomingMessage): Request => {
  const { method = "GET", url = "/" } = req;
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) if (typeof value === "string") headers.set(name, value);
  const body = method === "POST" ? (Readable.toWeb(req) as ReadableStream<Uint8Array>) : null;
  return new Request(`http://pod${url}`, { method, headers, body, duplex: "half" } as RequestInit);
};

export const isStream = ({ headers }: Response): boolean => headers.get("content-type") === "text/event-stream";

/** Sends an answer that is there as a whole. */
export const sendAnswer = async (res: ServerResponse, answer: Response): Promise<void> => {
  const body = await answer.text();
  res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
};

/** Sends a stream until it ends, its client leaves, or what is returned is called. */
export const sendStream = (res: ServerResponse, answer: Response): (() => void) => {
  const reader = answer.body!.getReader();
  const end = (): void => void reader.cancel().catch(() => undefined);
  const pass = async (): Promise<void> => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (!res.write(next.value)) await Promise.race([once(res, "drain"), once(res, "close")]);
    }
    res.end();
  };
  res.once("close", end);
  res.writeHead(answer.status, Object.fromEntries(answer.headers)).flushHeaders();
  pass().catch(() => res.destroy());
  return end;
};
