import type { PerformanceMetrics } from "../types.ts";

/** The most characters of a line; a sample has a few hundred. */
const longestLine = 65_536;

/**
 * The lines of a text that arrives in pieces, without their line breaks. Of a line that is too long to be a sample only the
 * beginning comes, so that what has no line breaks at all does not fill the memory.
 */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = piece.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    if (rest.length <= longestLine) continue;
    yield rest;
    rest = "";
  }
  if (rest !== "") yield rest;
}

/** The sample of one line of JSON. `null` is what JSON makes of NaN, and of "no data" in many languages: it counts as left out. */
export const parseSample = (line: string): PerformanceMetrics => {
  if (line.length > longestLine) throw new RangeError(`a line must have at most ${longestLine} characters`);
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`a sample must be a JSON object, got ${line.slice(0, 40)}`);
  const told = Object.fromEntries(Object.entries(value).filter(([, figure]) => figure !== null));
  if (told["timestampMs"] === undefined)
    throw new TypeError("sample.timestampMs is missing: a recorded sample must tell when it was taken");
  return told;
};
