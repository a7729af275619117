/** Follows a stream of WebSocket frames (RFC 6455, 5.2) just closely enough to know where a frame ends. */
export class FrameBoundary {
  // Bytes of the present payload that are still to come.
  #payloadLeft = 0;
  // The start of a frame header that was cut by the end of a chunk.
  #cut: Buffer | undefined;

  /** Whether the stream stands between two frames, so that one of our own may be put in. */
  get reached(): boolean {
    return this.#payloadLeft === 0 && this.#cut === undefined;
  }

  /** Follows `bytes` from `from` up to `to`, and keeps none of them. */
  push(bytes: Buffer, from: number, to: number): void {
    if (this.#cut !== undefined) {
      const joined = Buffer.concat([this.#cut, bytes.subarray(from, to)]);
      this.#cut = undefined;
      this.push(joined, 0, joined.length);
      return;
    }
    let at = from;
    while (at < to) {
      const skipped = Math.min(this.#payloadLeft, to - at);
      this.#payloadLeft -= skipped;
      at += skipped;
      if (at === to) return;
      const frame = frameAt(bytes, at, to);
      if (!frame) {
        this.#cut = Buffer.from(bytes.subarray(at, to));
        return;
      }
      at += frame.headerBytes;
      this.#payloadLeft = frame.payloadBytes;
    }
  }
}

const frameAt = (bytes: Buffer, at: number, to: number): { headerBytes: number; payloadBytes: number } | undefined => {
  const left = to - at;
  if (left < 2) return undefined;
  const second = bytes[at + 1]!;
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const headerBytes = 2 + lengthBytes + (second & 0x80 ? 4 : 0);
  if (left < headerBytes) return undefined;
  if (lengthBytes === 0) return { headerBytes, payloadBytes: short };
  const payloadBytes =
    lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
  return { headerBytes, payloadBytes };
};

/** A close frame as a server sends it. */
export const closeFrame = (code: number): Buffer => Buffer.from([0x88, 0x02, code >> 8, code & 0xff]);
