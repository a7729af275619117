import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLetter, type PodLetter, parseLetter } from "../src/letters.ts";

const pod = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const uid = fc.string({ minLength: 1, unit: "grapheme" });
const count = fc.integer({ min: 1 });

const letters: fc.Arbitrary<PodLetter> = fc.oneof(
  fc.record({ kind: fc.constant("move" as const), uid, to: pod }, { requiredKeys: ["kind", "uid"] }),
  fc.record({ kind: fc.constant("release" as const), uid }),
  fc.record(
    {
      kind: fc.constant("shed" as const),
      count,
      to: fc.array(pod, { minLength: 1 }),
      perSecond: fc.double({ min: 0.5, max: 1e6, noNaN: true }),
    },
    { requiredKeys: ["kind", "count", "to"] },
  ),
  fc.record({ kind: fc.constant("adopt" as const), uid, fence: count }),
);

describe("letters", () => {
  it("come out as they went in", () => {
    const comesBack = fc.property(letters, (letter) => {
      expect(parseLetter(formatLetter(letter))).toEqual(letter);
    });
    fc.assert(comesBack);
  });

  it("of later versions are left alone, and so is what is no letter", () => {
    for (const text of [
      "",
      "null",
      "7",
      "[]",
      "{",
      '"move"',
      '{"kind":"dance","uid":"a"}',
      '{"kind":"move"}',
      '{"kind":"move","uid":"a","to":-1}',
      '{"kind":"move","uid":"a","to":"1"}',
      '{"kind":"release","uid":""}',
      '{"kind":"shed","count":0,"to":[1]}',
      '{"kind":"shed","count":1,"to":[]}',
      '{"kind":"shed","count":1,"to":[1.5]}',
      '{"kind":"shed","count":1,"to":[1],"perSecond":0}',
      '{"kind":"adopt","uid":"a"}',
      '{"kind":"adopt","uid":"a","fence":0}',
    ]) {
      expect(parseLetter(text), text).toBeUndefined();
    }
  });
});
