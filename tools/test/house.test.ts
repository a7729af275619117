import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  anyTypes,
  filesOf,
  importViolations,
  lineCount,
  type Manifest,
  manifestViolations,
  median,
  oversized,
  unfinished,
} from "../house.ts";

const root = join(import.meta.dirname, "../..");
const packages = readdirSync(join(root, "packages"));
const sources = packages.flatMap((name) => filesOf(root, `packages/${name}/src`, [".ts"]));
const demo = filesOf(root, "apps/demo/src", [".ts"]);
const lua = packages.flatMap((name) => filesOf(root, `packages/${name}/lua`, [".lua"]));
const everything = [
  ...sources,
  ...demo,
  ...lua,
  ...packages.flatMap((name) =>
    ["test", "bench", "examples"].flatMap((folder) => filesOf(root, `packages/${name}/${folder}`, [".ts"])),
  ),
  ...filesOf(root, "apps/demo/test", [".ts"]),
  ...filesOf(root, "tools", [".ts"]),
];

describe("the house", () => {
  it("has the six packages", () => {
    expect(packages.sort()).toEqual(["analysis", "cache", "executor", "loadbalancer", "metrics", "tracing"]);
    expect(sources.length).toBeGreaterThan(packages.length);
  });

  it("has no import between packages, and no node: import in a browser-safe core", () => {
    expect(importViolations(sources)).toEqual([]);
  });

  it("has no run-time dependency between packages in the manifests", () => {
    const manifests = packages.map(
      (name) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as Manifest,
    );
    expect(manifestViolations(manifests)).toEqual([]);
  });

  it("keeps every source file within 300 lines and the median of each package within 80", () => {
    expect(oversized([...sources, ...demo, ...lua], 300)).toEqual([]);
    for (const name of packages) {
      const lines = sources
        .filter(({ path }) => path.startsWith(`packages/${name}/`))
        .map(({ text }) => lineCount(text));
      expect(median(lines), name).toBeLessThanOrEqual(80);
    }
  });

  it("has no `any` in a type", () => {
    expect(anyTypes([...sources, ...demo])).toEqual([]);
  });

  it("has no unfinished work, silenced check, skipped or focused test", () => {
    expect(unfinished(everything)).toEqual([]);
  });
});

describe("each rule can fail", () => {
  const file = (path: string, text: string) => [{ path, text }];

  it("finds a sibling import, also a dynamic one", () => {
    expect(importViolations(file("packages/cache/src/a.ts", 'import { x } from "@route/metrics";'))).toHaveLength(1);
    expect(importViolations(file("packages/cache/src/a.ts", 'await import("@route/metrics");'))).toHaveLength(1);
  });

  it("finds node: in a browser-safe core", () => {
    expect(importViolations(file("packages/cache/src/a.ts", 'import { x } from "node:fs";'))).toHaveLength(1);
    expect(importViolations(file("packages/metrics/src/a.ts", 'import { x } from "node:fs";'))).toEqual([]);
  });

  it("finds a dependency and a peer between packages", () => {
    expect(manifestViolations([{ name: "@route/cache", dependencies: { "@route/metrics": "1" } }])).toHaveLength(1);
    expect(manifestViolations([{ name: "@route/cache", peerDependencies: { "@route/metrics": "1" } }])).not.toEqual([]);
    expect(manifestViolations([{ name: "@route/executor", peerDependencies: { "@route/metrics": "1" } }])).toHaveLength(
      1,
    );
  });

  it("finds a long file, an any, and unfinished work", () => {
    expect(oversized(file("a.ts", "x\n".repeat(301)), 300)).toHaveLength(1);
    expect(anyTypes(file("a.ts", "const f = (x: any) => x;"))).toHaveLength(1);
    expect(anyTypes(file("a.ts", "// at any time\nconst any = 1;"))).toEqual([]);
    expect(unfinished(file("a.ts", `// TO${"DO"}: later`))).toHaveLength(1);
    expect(unfinished(file("a.test.ts", `it.${"only"}("x", () => {});`))).toHaveLength(1);
  });
});
