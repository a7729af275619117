import type { Attributes } from "@opentelemetry/api";
import { type EncodedText, encodedText } from "./encoded-text.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** Deeper values are written as empty, so a cycle ends. Decoders stop at 100 nested messages, and one level here is three of them. */
const maxDepth = 30;
const min64 = -(2 ** 63);
const max64 = 2 ** 63;
const owns = Object.prototype.hasOwnProperty;

/** Writes `attributes` as repeated KeyValue with the one-byte tag `tag`. */
export const writeAttributes = (writer: ProtobufWriter, attributes: Attributes, tag: number): void => {
  for (const key in attributes) {
    if (owns.call(attributes, key)) writeKeyValue(writer, tag, key, attributes[key], 0);
  }
};

/** Keys repeat on every span, so their bytes are kept: tag, length and text, in words of four bytes. */
const encodedKeys = new Map<string, EncodedText>();
const maxEncodedKeys = 2_048;

const encodedKeyOf = (key: string): EncodedText => encodedKeys.get(key) ?? encodeKey(key);

const encodeKey = (key: string): EncodedText => {
  const writer = new ProtobufWriter(key.length * 3);
  writer.byte(0x0a);
  writer.string(key);
  const encoded = encodedText(writer.written());
  if (encodedKeys.size < maxEncodedKeys) encodedKeys.set(key, encoded);
  return encoded;
};

const writeKeyValue = (writer: ProtobufWriter, tag: number, key: string, value: unknown, depth: number): void => {
  writer.reserve(0);
  writer.byte(tag);
  const start = writer.openLength(1);
  writer.encoded(encodedKeyOf(key));
  writer.byte(0x12);
  writeAnyValue(writer, value, depth);
  writer.closeLength(start, 1);
};

/** Writes length and AnyValue. What OTLP cannot express (functions, symbols, bigint, undefined) becomes an empty value. */
const writeAnyValue = (writer: ProtobufWriter, value: unknown, depth: number): void => {
  const start = writer.openLength(1);
  switch (typeof value) {
    case "string":
      writer.byte(0x0a);
      writer.string(value);
      break;
    case "number":
      if (Number.isInteger(value) && value >= min64 && value < max64) {
        writer.byte(0x18);
        writer.int64(value);
      } else {
        writer.byte(0x21);
        writer.double(value);
      }
      break;
    case "boolean":
      writer.byte(0x10);
      writer.byte(value ? 1 : 0);
      break;
    case "object":
      if (value !== null && depth < maxDepth) writeObject(writer, value, depth + 1);
  }
  writer.closeLength(start, 1);
};

const writeObject = (writer: ProtobufWriter, value: object, depth: number): void => {
  if (value instanceof Uint8Array) {
    writer.byte(0x3a);
    writer.bytes(value);
    return;
  }
  const isArray = Array.isArray(value);
  writer.byte(isArray ? 0x2a : 0x32);
  const start = writer.openLength(1);
  if (isArray) {
    for (const item of value) {
      writer.reserve(0);
      writer.byte(0x0a);
      writeAnyValue(writer, item, depth);
    }
  } else {
    for (const key in value) {
      if (owns.call(value, key)) writeKeyValue(writer, 0x0a, key, (value as Record<string, unknown>)[key], depth);
    }
  }
  writer.closeLength(start, 1);
};
