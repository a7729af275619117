import { keyedHash, Redactor } from "@route/tracing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wildcard } from "../src/redaction/wildcard.ts";

const secret = "4111 1111 1111 1111";
const email = "ada@example.com";
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${"s".repeat(43)}`;

describe("Redactor", () => {
  it("drops, masks and hashes", () => {
    const redactor = new Redactor({
      hashSecret: "s",
      rules: [
        { keys: ["gone*"], mode: "drop" },
        { keys: ["masked"], mode: "mask" },
        { keys: ["hashed"], mode: "hash" },
        { patterns: [/room-\d+/], mode: "hash" },
      ],
    });
    const hash = keyedHash("s");
    expect(redactor.attributes({ goneAway: 1, masked: { a: 1 }, hashed: 7, text: "in room-12 now" })).toEqual({
      masked: "[redacted]",
      hashed: hash("7"),
      text: `in ${hash("room-12")} now`,
    });
  });

  it("returns the same object where there is nothing to hide", () => {
    const attributes = { a: "plain", b: [1, 2], c: { d: true } };
    expect(new Redactor().attributes(attributes)).toBe(attributes);
  });

  it("keeps named query parameters, or all where asked", () => {
    const text = "GET /x?page=2&token=abc;q=1";
    expect(new Redactor({ keepQueryParameters: ["page"] }).text(text)).toBe(
      "GET /x?page=2&token=[redacted];q=[redacted]",
    );
    expect(new Redactor({ keepQueryParameters: undefined }).text(text)).toBe(text);
  });

  it("masks what cannot be read: throwing getters, proxies, cycles", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const attributes = {
      get trap(): string {
        throw new Error(secret);
      },
      proxy: new Proxy(
        { a: 1 },
        {
          get: () => {
            throw new Error(secret);
          },
        },
      ),
      cyclic,
      big: 1n,
    };
    const clean = new Redactor().attributes(attributes);
    expect(clean.trap).toBe("[redacted]");
    expect(clean.proxy).toEqual({ a: "[redacted]" });
    expect(clean.big).toBe(1n);
    expect(JSON.stringify(clean.cyclic)).toContain("[redacted]");
  });

  it("cuts very long texts before it searches them", () => {
    const redactor = new Redactor({ maxTextLength: 10 });
    expect(redactor.text("x".repeat(50))).toBe(`${"x".repeat(10)}[cut]`);
  });

  it("is linear on texts made to be slow", () => {
    const redactor = new Redactor({ maxTextLength: 1_000_000 });
    const hostile = [
      "1".repeat(200_000),
      "a@".repeat(50_000),
      "eyJ".repeat(50_000),
      "eyJ-".repeat(50_000),
      "eyJaaaa.eyJaaaa ".repeat(20_000),
      "?a=".repeat(50_000),
      "1 ".repeat(100_000),
    ];
    // Finishing at all is the assertion: an exponential or cubic pattern would not within the test's time.
    for (const text of hostile) expect(redactor.text(text).length).toBeGreaterThan(0);
  });

  it("hides a secret wherever it stands in a text", () => {
    const redactor = new Redactor();
    const around = fc.string({ unit: fc.constantFrom(" ", "(", ")", "\n", "x ", " y"), maxLength: 20 });
    fc.assert(
      fc.property(
        around,
        fc.constantFrom(secret, email, jwt, "4111-1111-1111-1111", "4111111111111111"),
        around,
        (before, hidden, after) => {
          expect(redactor.text(`${before} ${hidden} ${after}`)).not.toContain(hidden);
        },
      ),
    );
  });

  it.each([
    [{ rules: [{ patterns: [/(a+)+b/], mode: "mask" }] }, /must not nest unbounded quantifiers, got \/\(a\+\)\+b\//],
    [{ rules: [{ patterns: [/(?:x*y)*/], mode: "mask" }] }, /must not nest/],
    [
      { rules: [{ patterns: ["phone"], mode: "mask" }] },
      /patterns must be one of card, jwt, email, bearer, got "phone"/,
    ],
    [{ rules: [{ keys: ["a"], mode: "hide" }] }, /mode must be one of drop, mask, hash, got "hide"/],
    [{ maxTextLength: 0 }, /maxTextLength must be an integer of at least 1, got 0/],
  ])("refuses %j", (options, message) => {
    expect(() => new Redactor(options as never)).toThrow(message);
  });
});

describe("wildcards", () => {
  it.each([
    ["a*c", "abc", true],
    ["a*c", "abcd", false],
    ["*key*", "x-API-Key-2", true],
    ["a*a", "a", false],
    ["a*b*c", "aXbYc", true],
    ["a*b*c", "aXcYb", false],
    ["*", "", true],
    ["exact", "EXACT", true],
  ])("%s on %s is %s", (pattern, text, expected) => {
    expect(wildcard(pattern)(text)).toBe(expected);
  });

  it("equal the regular expression that they stand for", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (given, value) => {
        expect(wildcard(given)(value)).toBe(new RegExp(`^${given.replaceAll("*", ".*")}$`).test(value));
      }),
    );
  });
});
