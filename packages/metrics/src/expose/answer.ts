import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Format } from "../types.ts";
import { acceptsGzip, contentTypes, negotiateFormat } from "./formats.ts";
import { type PageSource, pageSlices } from "./page.ts";

/** An HTTP answer, for whichever server. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer<ArrayBuffer>;
}

/** The parts of a request that decide about the answer. */
export interface Question {
  readonly method: string;
  readonly accept: string | null | undefined;
  readonly acceptEncoding: string | null | undefined;
}

// Below this a packet holds the page anyway.
const gzipFromBytes = 1400;
const compress = promisify(gzip);

const bytesOf = async (source: PageSource, format: Format): Promise<Buffer<ArrayBuffer>> => {
  const slices: Buffer[] = [];
  for await (const slice of pageSlices(source, format)) slices.push(Buffer.from(slice));
  return Buffer.concat(slices);
};

/** The answer to a scrape: GET and HEAD, format and compression as asked. It never rejects for a failing metric. */
export const answerScrape = async (source: PageSource, question: Question): Promise<Answer> => {
  if (question.method !== "GET" && question.method !== "HEAD")
    return { status: 405, headers: { Allow: "GET, HEAD" }, body: Buffer.alloc(0) };
  const format = negotiateFormat(question.accept);
  const page = await bytesOf(source, format);
  const zipped = page.length >= gzipFromBytes && acceptsGzip(question.acceptEncoding);
  // Level 1: a page of 1 MB shrinks to 1/12 in a third of the default's time, on the thread pool.
  const body = zipped ? ((await compress(page, { level: 1 })) as Buffer<ArrayBuffer>) : page;
  const headers: Record<string, string> = {
    "Content-Type": contentTypes[format],
    "Content-Length": String(body.length),
    "Cache-Control": "no-store",
    Vary: "Accept, Accept-Encoding",
  };
  if (zipped) headers["Content-Encoding"] = "gzip";
  return { status: 200, headers, body: question.method === "HEAD" ? Buffer.alloc(0) : body };
};
