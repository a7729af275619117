import type { EncodedText } from "./encoded-text.ts";

/** Hands out and takes back the memory that a {@link ProtobufWriter} writes into. */
export interface WriterMemory {
  /** A buffer of at least `sizeBytes`. */
  acquire(sizeBytes: number): Buffer;
  release(buffer: Buffer): void;
}

/** Plain garbage-collected memory. */
export const heapMemory: WriterMemory = {
  acquire: (sizeBytes) => Buffer.allocUnsafeSlow(sizeBytes),
  release: () => {},
};

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);

/** Room that is always free behind a completed write: tags, lengths and numbers then need no check of their own. */
const slackBytes = 64;
/** From this length on the native UTF-8 encoder is faster than a loop over characters. */
const nativeStringLength = 64;
const two32 = 4_294_967_296;

/** Writes protobuf in one pass into a buffer that grows. Lengths are guessed by the caller and moved where the guess was short. */
export class ProtobufWriter {
  /** The bytes; only those before `position` are written. Replaced when it grows. */
  buffer: Buffer;
  view: DataView;
  position = 0;
  readonly #memory: WriterMemory;

  constructor(initialBytes: number, memory: WriterMemory = heapMemory) {
    this.#memory = memory;
    this.buffer = memory.acquire(Math.max(initialBytes, 2 * slackBytes));
    this.view = viewOf(this.buffer);
  }

  /** Makes room for `sizeBytes` and the slack. Positions stay valid. */
  reserve(sizeBytes: number): void {
    if (this.position + sizeBytes + slackBytes > this.buffer.length) this.#grow(sizeBytes);
  }

  #grow(sizeBytes: number): void {
    const old = this.buffer;
    this.buffer = this.#memory.acquire(Math.max(old.length * 2, this.position + sizeBytes + slackBytes));
    this.view = viewOf(this.buffer);
    this.buffer.set(old.subarray(0, this.position));
    this.#memory.release(old);
  }

  /** One byte. Needs slack. */
  byte(value: number): void {
    this.buffer[this.position++] = value;
  }

  /** An unsigned number below 2^32. Needs slack. */
  varint(value: number): void {
    const { buffer } = this;
    let at = this.position;
    let rest = value >>> 0;
    while (rest > 127) {
      buffer[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.position = at;
  }

  /** An integer in [-2^63, 2^63) as int64. Needs slack. */
  int64(value: number): void {
    if (value >= 0 && value < two32) {
      this.varint(value);
      return;
    }
    const magnitude = Math.abs(value);
    let low = magnitude >>> 0;
    let high = (magnitude / two32) >>> 0;
    if (value < 0) {
      low = (~low + 1) >>> 0;
      high = (low === 0 ? ~high + 1 : ~high) >>> 0;
    }
    const { buffer } = this;
    let at = this.position;
    while (high > 0 || low > 127) {
      buffer[at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    buffer[at++] = low;
    this.position = at;
  }

  /** Four bytes, little endian. Needs slack. */
  fixed32(value: number): void {
    const { buffer } = this;
    const at = this.position;
    buffer[at] = value;
    buffer[at + 1] = value >>> 8;
    buffer[at + 2] = value >>> 16;
    buffer[at + 3] = value >>> 24;
    this.position = at + 4;
  }

  /** Eight bytes, little endian. Needs slack. */
  double(value: number): void {
    this.position = this.buffer.writeDoubleLE(value, this.position);
  }

  /** Length and bytes. */
  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.varint(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
  }

  /** Prepared bytes. The last word may spill into the slack. */
  encoded({ words, sizeBytes }: EncodedText): void {
    this.reserve(sizeBytes);
    const { view, position } = this;
    for (let index = 0; index < words.length; index++) view.setInt32(position + 4 * index, words[index]!, true);
    this.position = position + sizeBytes;
  }

  /** Length and UTF-8 text; a lone surrogate becomes U+FFFD. */
  string(value: string): void {
    const { length } = value;
    this.reserve(length * 3);
    if (length >= nativeStringLength || !this.#asciiString(value, length)) this.#nativeString(value);
  }

  /** A short string of ASCII; false, and no change, for any other. */
  #asciiString(value: string, length: number): boolean {
    const { buffer } = this;
    const start = this.position + 1;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      buffer[start + index] = code;
    }
    buffer[start - 1] = length;
    this.position = start + length;
    return true;
  }

  #nativeString(value: string): void {
    const guess = value.length < 128 ? 1 : 2;
    const start = this.position;
    this.position += guess;
    this.position += this.buffer.write(value, this.position);
    this.closeLength(start, guess);
  }

  /** Leaves `guess` bytes for a length that {@link closeLength} fills in. Needs slack. */
  openLength(guess: number): number {
    const start = this.position;
    this.position = start + guess;
    return start;
  }

  /** Writes the length of what stands behind the room opened at `start`, and moves it where the room does not fit. */
  closeLength(start: number, guess: number): void {
    const length = this.position - start - guess;
    if (length < 128 && guess === 1) this.buffer[start] = length;
    else this.#closeLongLength(start, guess, length);
  }

  #closeLongLength(start: number, guess: number, length: number): void {
    const needed = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
    if (needed !== guess) {
      this.reserve(4);
      this.buffer.copyWithin(start + needed, start + guess, this.position);
    }
    this.position = start;
    this.varint(length);
    this.position += length;
  }

  /** The written bytes, as a view. Valid until the writer is used or released. */
  written(): Buffer {
    return this.buffer.subarray(0, this.position);
  }

  /** Gives the memory back. The writer must not be used afterwards. */
  release(): void {
    this.#memory.release(this.buffer);
  }
}
