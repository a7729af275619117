import fc from "fast-check";
import { expect, it } from "vitest";
import { FrameBoundary } from "../src/gateway/upgrade/frame-boundary.ts";

const frame = (size: number, masked: boolean): Buffer => {
  const mask = masked ? 0x80 : 0;
  const head =
    size < 126 ? [0x82, mask | size] : size < 65_536 ? [0x82, mask | 126, size >> 8, size & 0xff] : undefined;
  const long = Buffer.alloc(10);
  long.writeUInt16BE(0x8200 | mask | 127);
  long.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head ? Buffer.from(head) : long, Buffer.alloc(masked ? 4 : 0), Buffer.alloc(size, 0xff)]);
};

it("knows after each piece whether a frame has ended there, however the stream is cut", () => {
  const sizes = fc.array(fc.tuple(fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536), fc.boolean()), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(sizes, fc.array(fc.nat(100_000), { maxLength: 20 }), (frames, cuts) => {
      const all = frames.map(([size, masked]) => frame(size, masked));
      const stream = Buffer.concat(all);
      const ends = new Set([0]);
      let end = 0;
      for (const { length } of all) {
        end += length;
        ends.add(end);
      }
      const boundary = new FrameBoundary();
      let at = 0;
      for (const cut of [...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length]) {
        boundary.push(stream, at, cut);
        at = cut;
        expect(boundary.reached).toBe(ends.has(at));
      }
    }),
  );
});
