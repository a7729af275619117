import fc from "fast-check";
import { expect, it } from "vitest";
import { linesOf, parseSample } from "../src/collect/json-lines.ts";

const inPieces = async function* (text: string, cuts: readonly number[]): AsyncGenerator<string> {
  let start = 0;
  for (const cut of [...cuts.map((share) => Math.floor(share * text.length)).sort((a, b) => a - b), text.length]) {
    yield text.slice(start, cut);
    start = cut;
  }
};

it("finds the same lines wherever the text is cut into pieces", async () => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", " ", "{"), maxLength: 5 });
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.constantFrom("\n", "\r\n"),
      cuts,
      fc.boolean(),
      async (lines, end, places, ends) => {
        const text = lines.join(end) + (ends ? end : "");
        const expected = text === "" ? [] : text.split(end);
        if (expected.at(-1) === "") expected.pop();
        const found: string[] = [];
        for await (const one of linesOf(inPieces(text, places))) found.push(one);
        expect(found).toEqual(expected);
      },
    ),
  );
});

it("keeps the beginning of a line without end, which is no sample, and not all of it", async () => {
  const endless = async function* (): AsyncGenerator<string> {
    for (;;) yield "x".repeat(50_000);
  };
  for await (const line of linesOf(endless())) {
    expect(line).toHaveLength(100_000);
    expect(() => parseSample(line)).toThrow(/a line must have at most 65536 characters/);
    break;
  }
});
