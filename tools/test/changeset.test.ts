import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changesetFault } from "../release/changeset.ts";

const root = join(import.meta.dirname, "../..");
const packages = readdirSync(join(root, "packages"));
const folder = join(root, ".changeset");

describe("the changesets", () => {
  it("can be read by the release", () => {
    const files = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");
    const faults = files.map((file) => [file, changesetFault(readFileSync(join(folder, file), "utf8"), packages)]);
    expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
  });

  it.each([
    ['---\n"@route/cache": minor\n---\n\nA cache.\n', undefined],
    ["---\n---\n\nFor no package.\n", undefined],
    ['---\n\n## "@route/cache": minor\n\nA cache.\n', "must begin"],
    ['---\n"@route/cahce": minor\n---\n\nA cache.\n', "no such package"],
    ['---\n"@route/cache": huge\n---\n\nA cache.\n', "not one of"],
    ['---\n"@route/cache": minor\n---\n', "says nothing"],
  ])("%j is judged", (text, fault) => {
    const found = changesetFault(text, packages);
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(fault);
  });
});
