import type { IncomingMessage } from "node:http";

/** A request's body: `replayable` ones can be sent to another pod after a refusal. */
export interface Body {
  readonly content: Buffer | IncomingMessage | null;
  readonly replayable: boolean;
}

const hasBody = (req: IncomingMessage): boolean =>
  req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;

/** Reads a body of known length up to `replayBytes` into memory; larger and chunked ones stay streams. */
export const readBody = async (req: IncomingMessage, replayBytes: number): Promise<Body> => {
  if (!hasBody(req)) return { content: null, replayable: true };
  const length = Number(req.headers["content-length"] ?? Number.NaN);
  if (!(length <= replayBytes)) return { content: req, replayable: false };
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return { content: Buffer.concat(chunks), replayable: true };
};
