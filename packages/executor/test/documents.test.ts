// What the documents tell of names and bytes is held against the code, so that they cannot rot.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseLetter, wire } from "../src/index.ts";
import { refusal } from "../src/pod/verdict.ts";
import * as keys from "../src/store/redis/keys.ts";
import * as legacyKeys from "../src/store/redis/legacy-keys.ts";
import { parseLink } from "../src/store/redis/link-text.ts";
import { scripts } from "../src/store/redis/scripts.ts";

const root = join(import.meta.dirname, "..");
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const wireText = textOf("docs/wire.md");

describe("docs/wire.md", () => {
  it("names every header and the close code", () => {
    const headers = Object.values(wire).filter((value) => typeof value === "string" && value.startsWith("x-route-"));
    expect(headers).toHaveLength(7);
    for (const header of headers) expect(wireText).toContain(`\`${header}`);
    expect(wireText).toContain(`**${wire.movedCloseCode}**`);
    const frame = Array.from(wire.movedCloseFrame, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    expect(wireText).toContain(`\`${frame}\``);
  });

  it("names every word of refusal with its status and code", () => {
    const words = /export type Refusal = (.*);/.exec(textOf("src/pod/held.ts"))![1]!.split(" | ");
    expect(words.length).toBeGreaterThan(5);
    for (const word of words) {
      const refused = JSON.parse(word) as Parameters<typeof refusal>[0];
      const { status, code } = refusal(refused);
      expect(wireText).toMatch(new RegExp(`\\| ${status} +\\| \`${code}\` +\\| \`${refused}\` +\\|`));
    }
    const others = [...textOf("src/pod/verdict.ts").matchAll(/code: "([A-Z_]+)"/g)].map((match) => match[1]);
    expect(others).toContain("FORBIDDEN");
    for (const code of others) expect(wireText).toContain(`| \`${code}\``);
  });

  it("names every key of both layouts", () => {
    const name = { namespace: "<ns>", service: "<service>", uid: "<uid>" };
    for (const layout of [keys, legacyKeys]) {
      for (const [what, keyOf] of Object.entries(layout)) {
        if (!/Key$|Channel$/.test(what) || what.startsWith("uidOf")) continue;
        const key = (keyOf as (of: typeof name, pod?: unknown) => string)(name, "<pod>");
        expect(wireText).toContain(`| \`${key}\` `);
      }
    }
  });

  it("tells of every script what its header tells, and of what files it is made", () => {
    const told = new Set<string>();
    for (const [operation, { text }] of Object.entries(scripts())) {
      const line = wireText.split("\n").find((each) => /^(### |\| )`/.test(each) && each.includes(`\`${operation}\``));
      expect(line, operation).toBeDefined();
      const files = [...line!.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]!).filter((file) => file !== operation);
      expect(files.map((file) => textOf(`lua/${file}.lua`)).join("\n"), operation).toBe(text);
      for (const file of files) told.add(`${file}.lua`);
      if (operation.startsWith("legacy")) continue;
      const section = wireText.slice(wireText.indexOf(line!)).split("\n#", 1)[0]!;
      const spec = [...textOf(`lua/${files.at(-1)}.lua`).matchAll(/^-- {3}(KEYS|ARGV|reply) +(.+)$/gm)];
      expect(spec.length, operation).toBeGreaterThan(1);
      for (const [, what, value] of spec) expect(section).toContain(`- ${what}: \`${value}`);
    }
    expect([...told].sort()).toEqual(readdirSync(join(root, "lua")).sort());
  });

  it("shows links and letters that can be read", () => {
    const links = [...wireText.matchAll(/^ {4}(\d+:\d+:.+)$/gm)].map((match) => parseLink(match[1]!));
    expect(links.map(({ moving }) => moving?.pod)).toEqual([undefined, 5]);
    const letters = [...wireText.matchAll(/^\| `(\{"kind".+?\})`/gm)].map((match) => parseLetter(match[1]!)?.kind);
    expect(letters).toEqual(["move", "release", "shed", "adopt"]);
  });
});

it.each(["README.md", "docs/ownership.md", "docs/wire.md"])(
  "%s links to files that exist and are published",
  (path) => {
    const published = JSON.parse(textOf("package.json")).files as string[];
    const targets = [...textOf(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(targets.length).toBeGreaterThan(0);
    const folder = join(root, path, "..");
    for (const target of targets) expect(() => readFileSync(join(folder, target)), target).not.toThrow(/ENOENT/);
    expect(published).toContain("docs");
  },
);
