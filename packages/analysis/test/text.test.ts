import { expect, it } from "vitest";
import { oneLine, rounded } from "../src/text.ts";

it.each([
  [0, "0"],
  [0.123456, "0.1235"],
  [999.96, "1000"],
  [12345.6, "12346"],
  [-0.5, "-0.5"],
])("shows %d as %s", (value, text) => {
  expect(rounded(value)).toBe(text);
});

it("takes control characters out of foreign text", () => {
  expect(oneLine("a\r\nb\u001b[31mc\u0085d")).toBe("a b [31mc d");
});
