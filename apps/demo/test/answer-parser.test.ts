import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadAnswer, parseAnswerHead } from "../src/gateway/upstream/answer-head.ts";
import { ChunkedBody } from "../src/gateway/upstream/chunked-body.ts";

const head = (...lines: string[]): string => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

describe("the head of an answer", () => {
  it("keeps what is for the client, spelled as it came, and says how the body ends", () => {
    const parsed = parseAnswerHead(
      head(
        ...["X-One:  1\t", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Route-Refused: lease", "Keep-Alive: timeout=5"],
        ...["Connection: close, X-Hop", "X-Hop: 1", "Content-Length: 12", "X-Latin: \xe0\xa0"],
      ),
      "GET",
    );
    expect(parsed).toEqual({
      ...{ status: 200, bodyEnd: "length", bodyBytes: 12, hasLength: true, keepsAlive: false, refused: "lease" },
      headers: [
        ...["X-One", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "Content-Length", "12", "X-Latin", "\xe0\xa0"],
      ],
    });
  });

  it.each([
    ["a length", head("content-length: 3"), "GET", ["length", 3, true]],
    ["chunks", head("transfer-encoding: Chunked"), "GET", ["chunked", 0, true]],
    ["neither", head(), "GET", ["close", 0, false]],
    ["HEAD", head("content-length: 3"), "HEAD", ["length", 0, true]],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", "GET", ["length", 0, true]],
    ["304", "HTTP/1.1 304\r\ncontent-length: 9\r\n\r\n", "GET", ["length", 0, true]],
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n", "GET", ["length", 1, false]],
  ] as const)("ends by %s", (_, text, method, expected) => {
    const { bodyEnd, bodyBytes, keepsAlive } = parseAnswerHead(text, method);
    expect([bodyEnd, bodyBytes, keepsAlive]).toEqual(expected);
  });

  it.each([
    ["no HTTP", "HELLO\r\n\r\n"],
    ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a folded line", head("a: b", " c")],
    ["a space before the colon", head("content-length : 4")],
    ["an empty name", head(": b")],
    ["no colon", head("nonsense")],
    ["a bare line feed", "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n"],
    ["a bare carriage return", head("a: b\rc: d")],
    ["a NUL", head("a: b\0")],
    ["two content-lengths", head("content-length: 4", "content-length: 4")],
    ["a list as content-length", head("content-length: 4, 4")],
    ["a signed content-length", head("content-length: +4")],
    ["both lengths", head("content-length: 4", "transfer-encoding: chunked")],
    ["another coding", head("transfer-encoding: gzip, chunked")],
    ["two codings", head("transfer-encoding: chunked", "transfer-encoding: chunked")],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"],
  ])("%s is refused", (_, text) => {
    expect(() => parseAnswerHead(text, "GET")).toThrow(BadAnswer);
  });
});

/** Feeds `text` cut at `cuts`; the body, and how many bytes stood behind it. */
const decode = (text: string, cuts: readonly number[]): { body: string; rest: number | undefined } => {
  const bytes = Buffer.from(text, "latin1");
  const decoder = new ChunkedBody();
  let body = "";
  const sink = {
    onBody: (piece: Buffer, from: number, to: number): void => {
      body += piece.toString("latin1", from, to);
    },
  };
  const marks = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...marks, bytes.length]) {
    const end = decoder.push(bytes, from, to, sink);
    if (end >= 0) return { body, rest: bytes.length - end };
    from = to;
  }
  return { body, rest: undefined };
};

describe("a body in chunks", () => {
  it("is the same however it is cut, and ends where it ends", () => {
    const chunk = fc.string({ minLength: 1, maxLength: 300, unit: "binary-ascii" });
    const extension = fc.constantFrom("", ";a", ";a=1;b");
    const trailers = fc.constantFrom("", "x: 1\r\n", "x: 1\r\ny: 2\r\n");
    const parts = fc.array(fc.tuple(chunk, extension), { maxLength: 6 });
    fc.assert(
      fc.property(parts, trailers, fc.nat(9), fc.array(fc.nat()), (chunks, trailer, behind, cuts) => {
        const sent = chunks.map(([text, more]) => `${text.length.toString(16)}${more}\r\n${text}\r\n`).join("");
        const { body, rest } = decode(`${sent}0\r\n${trailer}\r\n${"z".repeat(behind)}`, cuts);
        expect(body).toBe(chunks.map(([text]) => text).join(""));
        // What stands behind it is seen only if it came in the same piece.
        expect(rest).toBeDefined();
      }),
    );
  });

  it.each([
    ["no size", "\r\n"],
    ["a size that is none", "zz\r\n"],
    ["a sign", "+5\r\n"],
    ["a prefix", "0x5\r\n"],
    ["a size beyond all bounds", "1000000000000\r\n"],
    ["a bare line feed", "5\nhello"],
    ["too much data", "2\r\nabXX"],
    ["a control character in an extension", "5;\u0001\r\n"],
    ["endless extensions", `5;${"x".repeat(20_000)}`],
    ["endless trailers", `0\r\n${`x: ${"y".repeat(1000)}\r\n`.repeat(20)}`],
  ])("with %s is refused", (_, text) => {
    expect(() => decode(text, [])).toThrow(BadAnswer);
  });
});
