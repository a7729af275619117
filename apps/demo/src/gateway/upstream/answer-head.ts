import { wire } from "@route/executor";
import { endToEnd, isHopByHop } from "../hop-by-hop.ts";

/** An answer that does not follow HTTP/1.1, or not strictly enough to be sure where it ends. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

/** How the body of an answer ends (RFC 9112, 6.3). */
export type BodyEnd = "length" | "chunked" | "close";

/** The head of a pod's answer. */
export interface AnswerHead {
  readonly status: number;
  /** A flat list, name and value in turns, spelled as they came: those for the client. */
  readonly headers: string[];
  readonly bodyEnd: BodyEnd;
  /** With `length`: how many bytes follow. */
  readonly bodyBytes: number;
  /** Whether the answer says how long its body is, or would be. */
  readonly hasLength: boolean;
  /** Whether another request may follow on the connection. */
  readonly keepsAlive: boolean;
  /** Why the pod's guard has refused the request, if it has. */
  readonly refused: string | undefined;
}

// Names are tokens, values have no control characters, lines end with CR LF and are never folded.
const headPattern =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+\-.^_`|~\w]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;
const lengthPattern = /^\d{1,15}$/;

/** What decides how an answer ends and what follows it. */
interface Framing {
  connection: string;
  length: string | undefined;
  coding: string | undefined;
  refused: string | undefined;
}

/** Spaces and tabs only: `trim` would also take bytes of UTF-8. */
const between = (text: string, from: number, to: number): string => {
  let [first, last] = [from, to];
  while (first < last && (text.charCodeAt(first) === 32 || text.charCodeAt(first) === 9)) first++;
  while (last > first && (text.charCodeAt(last - 1) === 32 || text.charCodeAt(last - 1) === 9)) last--;
  return text.slice(first, last);
};

const note = (framing: Framing, name: string, value: string): void => {
  if (name === "content-length") {
    if (framing.length !== undefined) throw new BadAnswer("the answer has two content-lengths");
    framing.length = value;
  } else if (name === "transfer-encoding") {
    if (framing.coding !== undefined) throw new BadAnswer("the answer has two transfer-encodings");
    framing.coding = value;
  } else if (name === "connection") {
    framing.connection =
      framing.connection === "" ? value.toLowerCase() : `${framing.connection},${value}`.toLowerCase();
  } else if (name === wire.refusedHeader) framing.refused = value;
};

/**
 * Reads a head, from the status line to the empty line. With `isUpgrade` headers of the connection are kept. Throws
 * {@link BadAnswer}, also where it is open to doubt how the answer ends.
 */
export const parseAnswerHead = (text: string, method: string, isUpgrade = false): AnswerHead => {
  if (!headPattern.test(text)) throw new BadAnswer("the head of the answer is malformed");
  const status = Number(text.slice(9, 12));
  const isSwitch = isUpgrade && status === 101;
  const framing: Framing = { connection: "", length: undefined, coding: undefined, refused: undefined };
  const headers: string[] = [];
  const end = text.length - 2;
  for (let at = text.indexOf("\r\n") + 2; at < end; ) {
    const colon = text.indexOf(":", at);
    const next = text.indexOf("\r\n", colon);
    const spelled = text.slice(at, colon);
    const name = spelled.toLowerCase();
    const value = between(text, colon + 1, next);
    at = next + 2;
    note(framing, name, value);
    if (name.startsWith(wire.headerPrefix) || (!isSwitch && isHopByHop(name))) continue;
    headers.push(spelled, value);
  }
  return frame(text, status, method, endToEnd(headers, isSwitch ? "" : framing.connection), framing);
};

const frame = (
  text: string,
  status: number,
  method: string,
  headers: string[],
  { connection, length, coding, refused }: Framing,
): AnswerHead => {
  if (length !== undefined && !lengthPattern.test(length)) throw new BadAnswer("the content-length is no number");
  if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== "chunked" || text[7] === "0")) {
    throw new BadAnswer("it is open to doubt where the answer ends");
  }
  const isOldVersion = text[7] === "0";
  const bodiless = status < 200 || status === 204 || status === 304 || method === "HEAD";
  const bodyEnd = bodiless || length !== undefined ? "length" : coding !== undefined ? "chunked" : "close";
  const asksToClose = connection !== "" && /(?:^|,)\s*close\s*(?:,|$)/.test(connection);
  return {
    ...{ status, headers, bodyEnd, refused },
    bodyBytes: bodiless ? 0 : Number(length ?? 0),
    hasLength: length !== undefined,
    keepsAlive: bodyEnd !== "close" && !asksToClose && !isOldVersion,
  };
};
