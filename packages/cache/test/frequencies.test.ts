import fc from "fast-check";
import { expect, it } from "vitest";
import { Frequencies } from "../src/policy/frequencies.ts";
import { FrequencySketch, MAX_FREQUENCY } from "../src/policy/frequency-sketch.ts";

const hashOf = (key: number): number => Math.imul(key + 1, 0x9e3779b1);

it("the sketch never tells less than there was, nor more than 15", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 2000 }), (keys) => {
      const sketch = new FrequencySketch(16);
      const real = new Map<number, number>();
      for (const key of keys) {
        real.set(key, (real.get(key) ?? 0) + 1);
        const told = sketch.add(hashOf(key));
        expect(told).toBeGreaterThanOrEqual(Math.min(MAX_FREQUENCY, real.get(key)!));
        expect(told).toBeLessThanOrEqual(MAX_FREQUENCY);
      }
    }),
  );
});

it("the sketch halves every count, and tells how many uses the rounding took", () => {
  const sketch = new FrequencySketch(1024);
  for (const [key, uses] of [1, 2, 5, 15].entries()) for (let i = 0; i < uses; i++) sketch.add(hashOf(key));
  // Three keys had an odd count.
  expect(sketch.halve()).toBe(1.5);
  expect([0, 1, 2, 3].map((key) => sketch.add(hashOf(key)) - 1)).toEqual([0, 1, 2, 7]);
});

it("an entry has the uses from before it left, those while it was there included", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(4)), { maxLength: 40 }), (stays) => {
      let halvings = 0;
      const frequencies = new Frequencies(16, 16, () => halvings++);
      const real = new Map<number, number>();
      for (const [key, uses] of stays) {
        frequencies.enter(3, hashOf(key));
        for (let i = 0; i < uses; i++) frequencies.use(3);
        real.set(key, (real.get(key) ?? 0) + 1 + uses);
        expect(frequencies.of(3)).toBeGreaterThanOrEqual(Math.min(MAX_FREQUENCY, real.get(key)!));
        frequencies.leave(3, hashOf(key));
      }
      expect(halvings).toBe(0);
    }),
  );
});

it("counts are halved when there were ten uses per entry, of entries there as of those that left", () => {
  let halvings = 0;
  const frequencies = new Frequencies(512, 512, () => halvings++);
  frequencies.enter(3, hashOf(3));
  for (let i = 0; i < 7; i++) frequencies.use(3);
  frequencies.enter(4, hashOf(4));
  for (let i = 0; i < 7; i++) frequencies.use(4);
  frequencies.leave(4, hashOf(4));
  for (let key = 5; halvings === 0; key++) frequencies.enter(5, hashOf(key));
  expect(frequencies.of(3)).toBe(4);
  frequencies.enter(4, hashOf(4));
  expect(frequencies.of(4)).toBeGreaterThanOrEqual(5);
  expect(frequencies.of(4)).toBeLessThan(8);
});
