import type { IncomingMessage } from "node:http";
import { GatewayError } from "../errors.ts";

/** Bounds of a request's body, in bytes. */
export interface BodyLimits {
  /** What is kept so that a refused request can be sent again. */
  readonly replayBytes: number;
  readonly maxBodyBytes: number;
}

const tooLarge = (maxBodyBytes: number): GatewayError =>
  new GatewayError(413, "BODY_TOO_LARGE", `a body may have at most ${maxBodyBytes} bytes`);

/**
 * A body that passes through as it comes, at the pace of its reader. Its first bytes are kept: as long as nothing else
 * was read it can be read again from the start, by one reader after the other.
 */
export class StreamedBody implements AsyncIterable<Buffer> {
  /** As far as the client has said. */
  readonly lengthBytes: number | undefined;
  readonly #source: AsyncIterator<Buffer>;
  readonly #limits: BodyLimits;
  readonly #kept: Buffer[] = [];
  #dropped = 0;
  #sizeBytes = 0;
  #ended = false;
  #pulling: Promise<void> | undefined;

  constructor(req: IncomingMessage, lengthBytes: number | undefined, limits: BodyLimits) {
    this.lengthBytes = lengthBytes;
    // Reading stops with the reader, but the request goes on: it may still get an answer.
    this.#source = req.iterator({ destroyOnReturn: false });
    this.#limits = limits;
  }

  get replayable(): boolean {
    return this.#dropped === 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (let next = 0; ; next++) {
      while (next >= this.#dropped + this.#kept.length && !this.#ended) await this.#pull();
      const chunk = this.#kept[next - this.#dropped];
      if (chunk === undefined) return;
      if (this.#sizeBytes > this.#limits.replayBytes) this.#dropUpTo(next + 1);
      yield chunk;
    }
  }

  #dropUpTo(count: number): void {
    this.#kept.splice(0, count - this.#dropped);
    this.#dropped = count;
  }

  // Shared: a reader that was given up may still wait for the chunk that its successor wants.
  #pull(): Promise<void> {
    this.#pulling ??= this.#read().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) this.#ended = true;
    else {
      this.#sizeBytes += value.length;
      if (this.#sizeBytes > this.#limits.maxBodyBytes) throw tooLarge(this.#limits.maxBodyBytes);
      this.#kept.push(value);
    }
  }
}

const readAll = async (req: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
};

/** Whether a request has a body at all. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

/**
 * The body of a request that has one: a small one of known length is read now, others become streams. `onRead` is called
 * before anything is read, for clients that wait for a 100. Throws a 413.
 */
export const readBody = (
  req: IncomingMessage,
  limits: BodyLimits,
  onRead: () => void,
): StreamedBody | Promise<Buffer> => {
  const { headers } = req;
  const length = headers["transfer-encoding"] === undefined ? Number(headers["content-length"]) : undefined;
  if (length !== undefined && length > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
  onRead();
  return length !== undefined && length <= limits.replayBytes ? readAll(req) : new StreamedBody(req, length, limits);
};
