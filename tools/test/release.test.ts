// Each rule of the release test can fail.
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { asCommonJs, entriesOf, jsonEntriesOf, loadingProgram, peersOf, peersOfExample } from "../release/consumer.ts";
import { run } from "../release/run.ts";
import { danglingMaps, machinePaths, missingFiles, strayFiles, workspaceLeftovers } from "../release/tarball.ts";

const files = (entries: Record<string, string>): Map<string, string> => new Map(Object.entries(entries));

describe("a tarball", () => {
  it("may hold what the allow list of its package names", () => {
    const common = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "src/store/store.ts"];
    expect(strayFiles("cache", common)).toEqual([]);
    expect(strayFiles("executor", [...common, "lua/link.lua", "docs/protocol.md"])).toEqual([]);
    expect(strayFiles("metrics", ["dashboards/overview.json", "alerts/route.rules.yml"])).toEqual([]);
    expect(strayFiles("analysis", ["report-schema.json"])).toEqual([]);
  });

  it.each(["lua/link.lua", "test/a.ts", "src/cache.test.ts", "dist/.cache", "dist/a.tsbuildinfo", "src2/a.ts", ".env"])(
    "of cache may not hold %s",
    (path) => expect(strayFiles("cache", [path])).toEqual([path]),
  );

  it("must hold its papers and its main entry", () => {
    expect(missingFiles(["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"])).toEqual([
      "CHANGELOG.md",
    ]);
  });

  it("keeps neither the source condition nor the protocols of a workspace", () => {
    const manifest = {
      exports: { ".": { "route-source": "./src/index.ts" } },
      dependencies: { a: "catalog:", b: "workspace:*" },
    };
    expect(workspaceLeftovers(JSON.stringify(manifest))).toEqual(["route-source", "workspace:", "catalog:"]);
    expect(workspaceLeftovers(JSON.stringify({ scripts: { bench: "node --conditions=route-source" } }))).toEqual([]);
  });

  it("names no folder of the machine", () => {
    const packed = files({ "dist/a.js": "x", "dist/b.js": 'at "/build/repo/src/b.ts"', "dist/c.js": "/home/ann/x" });
    expect(machinePaths(packed, ["/build/repo"])).toEqual(["dist/b.js", "dist/c.js"]);
  });

  it("has the source of every map", () => {
    const map = JSON.stringify({ sources: ["../src/a.ts", "../src/b.ts"] });
    expect(danglingMaps(files({ "dist/a.js.map": map, "src/a.ts": "" }))).toEqual(["dist/a.js.map -> ../src/b.ts"]);
  });
});

describe("a consumer", () => {
  const manifest = {
    name: "@route/x",
    version: "1.0.0",
    exports: { ".": {}, "./redis": {}, "./schema.json": "./schema.json", "./package.json": "./package.json" },
    peerDependencies: { ioredis: "^6.0.0", "@opentelemetry/api": "^1.10.0", "@route/metrics": ">=0.0.0" },
    peerDependenciesMeta: { ioredis: { optional: true }, "@route/metrics": { optional: true } },
  };

  it("imports the entries, reads the JSON files, installs the peers", () => {
    expect(entriesOf(manifest)).toEqual(["@route/x", "@route/x/redis"]);
    expect(jsonEntriesOf(manifest)).toEqual(["@route/x/schema.json", "@route/x/package.json"]);
    expect(peersOf(manifest, "required")).toEqual(["@opentelemetry/api@^1.10.0"]);
    expect(peersOf(manifest, "optional")).toEqual(["ioredis@^6.0.0"]);
  });

  it("installs the optional peers that an example imports, and no other", () => {
    expect(peersOfExample('import { Redis } from "ioredis";', manifest)).toEqual(["ioredis@^6.0.0"]);
    expect(peersOfExample('import { x } from "ioredis-mock";', manifest)).toEqual([]);
    expect(peersOfExample("// from ioredis", manifest)).toEqual([]);
  });

  it("gets a program that reports what is wrong with an entry", async () => {
    const program = loadingProgram(["nowhere", "node:os"], []);
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: tmpdir() });
    const report = JSON.parse(stdout) as Record<string, string>;
    expect(report["nowhere"]).toMatch(/^ERR_MODULE_NOT_FOUND: .*'nowhere'/);
    expect(report["node:os"]).toMatch(/^import gives .*default/);
  });

  it("can turn an example into CommonJS that runs", async () => {
    const example = [
      'import "node:fs";',
      'import assert from "node:assert";',
      'import * as os from "node:os";',
      "import {",
      "  join as joined,",
      "  sep,",
      '} from "node:path";',
      "const value = await Promise.resolve(joined('a', 'b'));",
      "assert.equal(value, ['a', 'b'].join(sep));",
      "done(os.EOL.length);",
    ].join("\n");
    const ended = new Promise((done) => {
      new Function("require", "done", asCommonJs(example))(createRequire(import.meta.url), done);
    });
    expect(await ended).toBeGreaterThan(0);
  });
});
