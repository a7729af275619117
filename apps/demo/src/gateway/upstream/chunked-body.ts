import { BadAnswer } from "./answer-head.ts";

/** Takes the bytes of a body; they are good only until the call returns. */
export interface BodySink {
  onBody(bytes: Buffer, from: number, to: number): void;
}

const stages = {
  size: 0,
  extension: 1,
  sizeEnd: 2,
  data: 3,
  dataReturn: 4,
  dataEnd: 5,
  lineStart: 6,
  trailer: 7,
  trailerEnd: 8,
  lastEnd: 9,
} as const;
type Stage = (typeof stages)[keyof typeof stages];

const maxSizeDigits = 12;
/** Of a chunk's extensions, and of all trailers: nobody reads them. */
const maxIdleBytes = 16 * 1024;
const [carriageReturn, lineFeed, semicolon] = [13, 10, 59];

const hexDigit = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
};

const isText = (byte: number): boolean => (byte >= 32 && byte !== 127) || byte === 9;

/** Decodes one body in chunks (RFC 9112, 7.1), however it is cut. Extensions and trailers are dropped. */
export class ChunkedBody {
  #stage: Stage = stages.size;
  #sizeBytes = 0;
  #digits = 0;
  #idleBytes = 0;

  /** Hands on what is data; where the body ends, or -1 if it goes on. Throws {@link BadAnswer}. */
  push(bytes: Buffer, from: number, to: number, sink: BodySink): number {
    let at = from;
    while (at < to) {
      if (this.#stage !== stages.data) {
        if (this.#step(bytes[at++]!)) return at;
        continue;
      }
      const end = Math.min(to, at + this.#sizeBytes);
      sink.onBody(bytes, at, end);
      this.#sizeBytes -= end - at;
      at = end;
      if (this.#sizeBytes === 0) this.#stage = stages.dataReturn;
    }
    return -1;
  }

  /** Takes one byte of what stands around the data; whether it was the last of all. */
  #step(byte: number): boolean {
    switch (this.#stage) {
      case stages.size:
        this.#takeSize(byte);
        return false;
      case stages.extension:
        this.#skipTo(byte, stages.sizeEnd);
        return false;
      case stages.sizeEnd:
        this.#expect(byte, lineFeed, this.#sizeBytes === 0 ? stages.lineStart : stages.data);
        return false;
      case stages.dataReturn:
        this.#expect(byte, carriageReturn, stages.dataEnd);
        return false;
      case stages.dataEnd:
        this.#expect(byte, lineFeed, stages.size);
        return false;
      case stages.lineStart:
        if (byte === carriageReturn) this.#stage = stages.lastEnd;
        else {
          this.#stage = stages.trailer;
          this.#skipTo(byte, stages.trailerEnd);
        }
        return false;
      case stages.trailer:
        this.#skipTo(byte, stages.trailerEnd);
        return false;
      case stages.trailerEnd:
        this.#expect(byte, lineFeed, stages.lineStart);
        return false;
      default:
        this.#expect(byte, lineFeed, stages.size);
        return true;
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > maxSizeDigits) throw new BadAnswer("a chunk is too large");
      this.#sizeBytes = this.#sizeBytes * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw new BadAnswer("a chunk has no size");
    this.#digits = 0;
    this.#idleBytes = 0;
    if (byte === carriageReturn) this.#stage = stages.sizeEnd;
    else this.#expect(byte, semicolon, stages.extension);
  }

  #skipTo(byte: number, next: Stage): void {
    if (byte === carriageReturn) this.#stage = next;
    else if (!isText(byte) || ++this.#idleBytes > maxIdleBytes) throw new BadAnswer("a chunk is malformed");
  }

  #expect(byte: number, expected: number, next: Stage): void {
    if (byte !== expected) throw new BadAnswer("a chunk is malformed");
    this.#stage = next;
  }
}
