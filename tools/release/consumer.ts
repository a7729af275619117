// A stranger's project: an empty folder into which packages are installed from the registry by npm.
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Registry } from "./registry.ts";
import { cleanEnv, type Finished, run } from "./run.ts";
import type { PackedManifest } from "./tarball.ts";
import type { Compiler, Runtime } from "./toolchains.ts";

/** Peers that a package needs, or that it can use, as `name@range`. Siblings are left out: they come from the registry. */
export const peersOf = (manifest: PackedManifest, kind: "required" | "optional"): string[] =>
  Object.entries(manifest.peerDependencies ?? {})
    .filter(([name]) => (manifest.peerDependenciesMeta?.[name]?.optional === true) === (kind === "optional"))
    .filter(([name]) => !name.startsWith("@route/"))
    .map(([name, range]) => `${name}@${range}`);

/** The optional peers that an example imports, as `name@range`: its README has to tell people to install them. */
export const peersOfExample = (source: string, manifest: PackedManifest): string[] =>
  peersOf(manifest, "optional").filter((specifier) => {
    const name = specifier.slice(0, specifier.lastIndexOf("@"));
    return new RegExp(`(?:from|import)\\s*["']${name}["'/]`).test(source);
  });

/** What `import` can name: `@route/executor`, `@route/executor/redis`; JSON files are listed by `jsonEntriesOf`. */
export const entriesOf = (manifest: PackedManifest): string[] =>
  Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith(".json"))
    .map((entry) => `${manifest.name}${entry.slice(1)}`);

export const jsonEntriesOf = (manifest: PackedManifest): string[] =>
  Object.keys(manifest.exports)
    .filter((entry) => entry.endsWith(".json"))
    .map((entry) => `${manifest.name}${entry.slice(1)}`);

/** Installs `specifiers` into `folder`, which is created where it does not exist. */
export const installInto = async (folder: string, registry: Registry, specifiers: readonly string[]): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) await writeFile(manifest, JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
  await run("npm", ["install", ...quiet, ...specifiers], { cwd: folder, env: registry.env });
};

/** The packages of the scope that an installation brought. */
export const siblingsIn = (folder: string): Promise<string[]> => readdir(join(folder, "node_modules", "@route"));

/** Runs a script of the consumer's folder as a user would: no conditions, nothing inherited. */
export const runScript = (runtime: Runtime, folder: string, file: string): Promise<Finished> =>
  run(runtime.binary, [...runtime.flags, file], { cwd: folder, env: cleanEnv(), allowFailure: true });

/** A program that loads every entry both ways and prints, as JSON, what went wrong with each. */
export const loadingProgram = (entries: readonly string[], jsonEntries: readonly string[]): string => `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const report = {};
for (const entry of ${JSON.stringify(entries)}) {
  try {
    const imported = Object.keys(await import(entry)).sort().join();
    const required = Object.keys(require(entry)).sort().join();
    report[entry] = imported === required ? "" : \`import gives \${imported}, require \${required}\`;
    if (imported === "") report[entry] = "exports nothing";
  } catch (error) {
    report[entry] = \`\${error.code ?? error.name}: \${error.message}\`;
  }
}
for (const entry of ${JSON.stringify(jsonEntries)}) {
  try {
    const { default: imported } = await import(entry, { with: { type: "json" } });
    report[entry] = JSON.stringify(imported) === JSON.stringify(require(entry)) ? "" : "import and require differ";
  } catch (error) {
    report[entry] = \`\${error.code ?? error.name}: \${error.message}\`;
  }
}
console.log(JSON.stringify(report));
`;

/**
 * An ES module's text, types already stripped, as CommonJS: static imports become `require()`, the rest runs in an
 * async function because examples await at the top level.
 */
export const asCommonJs = (source: string): string => {
  const renamed = (names: string): string => names.replace(/\bas\b/g, ":");
  const from = String.raw`from\s*(["'][^"']+["'])`;
  const body = source
    .replace(
      new RegExp(String.raw`^import\s*(\{[^}]*\})\s*${from}`, "gm"),
      (_, names: string, target: string) => `const ${renamed(names)} = require(${target})`,
    )
    .replace(new RegExp(String.raw`^import\s*\*\s*as\s+(\w+)\s+${from}`, "gm"), "const $1 = require($2)")
    .replace(new RegExp(String.raw`^import\s+(\w+)\s+${from}`, "gm"), "const $1 = require($2)")
    .replace(/^import\s*(["'][^"']+["'])/gm, "require($1)");
  return `(async () => {\n${body}\n})();\n`;
};

/** The strictest settings that a consumer on Node 22 has, with the libraries of that line and no more. */
const compilerOptions = {
  target: "es2022",
  lib: ["es2024"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Writes one ES and one CommonJS file that import every entry, and compiles them with `files`. Returns the complaints. */
export const typeCheck = async (
  compiler: Compiler,
  folder: string,
  entries: readonly string[],
  files: readonly string[],
): Promise<string> => {
  const list = entries.map((_, index) => `entry${index}`).join(", ");
  const imports = entries.map((entry, index) => `import * as entry${index} from "${entry}";\n`).join("");
  const requires = entries.map((entry, index) => `import entry${index} = require("${entry}");\n`).join("");
  await writeFile(join(folder, "entries.ts"), `${imports}export const entries: readonly object[] = [${list}];\n`);
  await writeFile(
    join(folder, "required.cts"),
    `${requires}const entries: readonly object[] = [${list}];\nexport = entries;\n`,
  );
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["entries.ts", "required.cts", ...files] }),
  );
  const { status, stdout, stderr } = await run(process.execPath, [compiler.script, "-p", "tsconfig.json"], {
    cwd: folder,
    allowFailure: true,
  });
  return status === 0 ? "" : `${stdout}${stderr}`.trim() || `tsc ended with ${status}`;
};
