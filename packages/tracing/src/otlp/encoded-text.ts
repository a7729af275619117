/** Bytes that are written often, with the words that a `ProtobufWriter` copies. */
export interface EncodedText {
  readonly words: Int32Array;
  readonly sizeBytes: number;
}

/** Prepares `bytes` for `ProtobufWriter.encoded`. */
export const encodedText = (bytes: Uint8Array): EncodedText => {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const words = Int32Array.from({ length: padded.length / 4 }, (_, index) => view.getInt32(index * 4, true));
  return { words, sizeBytes: bytes.length };
};
