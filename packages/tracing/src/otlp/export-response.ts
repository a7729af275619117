/** What a receiver says about the spans of a request that it took. */
export interface PartialSuccess {
  readonly rejectedSpans: number;
  readonly message: string;
}

const nothingRejected: PartialSuccess = Object.freeze({ rejectedSpans: 0, message: "" });

/** Reads an ExportTraceServiceResponse. Anything unreadable counts as full success: the request was accepted. */
export const readPartialSuccess = (body: Buffer, contentType: string | undefined): PartialSuccess => {
  try {
    return contentType?.includes("json") ? fromJson(body) : fromProtobuf(body);
  } catch {
    return nothingRejected;
  }
};

const fromJson = (body: Buffer): PartialSuccess => {
  const parsed = JSON.parse(body.toString()) as {
    partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown };
  };
  const { rejectedSpans = 0, errorMessage = "" } = parsed?.partialSuccess ?? {};
  return partial(Number(rejectedSpans), String(errorMessage));
};

const partial = (rejectedSpans: number, message: string): PartialSuccess =>
  Number.isSafeInteger(rejectedSpans) && rejectedSpans >= 0 ? { rejectedSpans, message } : nothingRejected;

const fromProtobuf = (body: Buffer): PartialSuccess => {
  const inner = fieldsOf(body).get(1);
  if (!Buffer.isBuffer(inner)) return nothingRejected;
  const fields = fieldsOf(inner);
  const message = fields.get(2);
  return partial(Number(fields.get(1) ?? 0), Buffer.isBuffer(message) ? message.toString() : "");
};

/** The varint and length-delimited fields of a message by number. */
const fieldsOf = (message: Buffer): Map<number, number | Buffer> => {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (; message[at]! > 127; at++, scale *= 128) value += (message[at]! & 127) * scale;
    return value + message[at++]! * scale;
  };
  while (at < message.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) fields.set(tag >>> 3, value);
    else if ((tag & 7) === 2) {
      fields.set(tag >>> 3, message.subarray(at, at + value));
      at += value;
    } else break;
  }
  return fields;
};
