import { type AnswerHead, BadAnswer, parseAnswerHead } from "./answer-head.ts";
import { ChunkedBody } from "./chunked-body.ts";
import type { PodRequest } from "./pod-request.ts";

const maxHeadBytes = 64 * 1024;

/** Reads the answers to the requests of one connection, one after the other, however their bytes are cut. */
export class AnswerReader {
  #head: AnswerHead | undefined;
  #partialHead = "";
  #bytesLeft = 0;
  #chunks: ChunkedBody | undefined;

  /** Of the answer that is being read, or was read last. */
  get head(): AnswerHead | undefined {
    return this.#head;
  }

  /** What comes next is another answer. */
  reset(): void {
    this.#head = undefined;
    this.#chunks = undefined;
  }

  /**
   * Tells `request` what it is answered; where the answer ends, or the protocol changes with a 101, or -1 if it goes on.
   * Throws {@link BadAnswer}.
   */
  read(request: PodRequest, bytes: Buffer, size: number): number {
    const at = this.#head === undefined ? this.#readHead(request, bytes, size) : 0;
    if (at < 0 || this.#head?.status === 101) return at;
    return this.#readBody(request, bytes, at, size);
  }

  /** Where the body begins, or -1 if it does not begin here. */
  #readHead(request: PodRequest, bytes: Buffer, size: number): number {
    let known = this.#partialHead.length;
    let text = this.#partialHead + bytes.toString("latin1", 0, Math.min(size, maxHeadBytes));
    let at = 0;
    for (let end = endOfHead(text); end > 0; end = endOfHead(text)) {
      const head = parseAnswerHead(text.slice(0, end), request.method, request.isUpgrade);
      at += end - known;
      known = 0;
      if (head.status === 101 && !request.isUpgrade) throw new BadAnswer("the pod switched protocols unasked");
      if (head.status >= 200 || head.status === 101) {
        this.#begin(request, head);
        return at;
      }
      request.onInformation(head);
      text = text.slice(end);
    }
    if (text.length >= maxHeadBytes) throw new BadAnswer("the head of the answer is too large");
    this.#partialHead = text;
    return -1;
  }

  #begin(request: PodRequest, head: AnswerHead): void {
    this.#partialHead = "";
    this.#head = head;
    this.#bytesLeft = head.bodyBytes;
    this.#chunks = head.bodyEnd === "chunked" ? new ChunkedBody() : undefined;
    if (head.status !== 101) request.onHead(head);
  }

  #readBody(request: PodRequest, bytes: Buffer, from: number, to: number): number {
    if (this.#chunks) return this.#chunks.push(bytes, from, to, request);
    const isMeasured = this.#head?.bodyEnd === "length";
    const end = isMeasured ? Math.min(to, from + this.#bytesLeft) : to;
    if (end > from) request.onBody(bytes, from, end);
    this.#bytesLeft -= end - from;
    return isMeasured && this.#bytesLeft === 0 ? end : -1;
  }
}

/** Behind the empty line, or 0 without one. */
const endOfHead = (text: string): number => {
  const at = text.indexOf("\r\n\r\n");
  return at < 0 ? 0 : at + 4;
};
