import type { PerformanceMetrics } from "../types.ts";

/** The lines of a text that arrives in pieces, without their line breaks. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** The sample of one line of JSON. `null` is what JSON makes of NaN, and of "no data" in many languages: it counts as left out. */
export const parseSample = (line: string): PerformanceMetrics => {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`a sample must be a JSON object, got ${line.slice(0, 40)}`);
  const told = Object.fromEntries(Object.entries(value).filter(([, figure]) => figure !== null));
  if (told["timestampMs"] === undefined)
    throw new TypeError("sample.timestampMs is missing: a recorded sample must tell when it was taken");
  return told;
};
