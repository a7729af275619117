// The Node versions and TypeScript compilers that the packages promise to work with, installed into a temporary folder.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

export interface Runtime {
  readonly label: string;
  readonly binary: string;
  /** Flags that make it run TypeScript. */
  readonly flags: readonly string[];
}

export interface Compiler {
  readonly label: string;
  /** To be run with the current Node. */
  readonly script: string;
}

/** The floor of `engines`, and the newest of every line in use. */
const nodes = ["22.15.0", "22", "24", "26"];
const compilers = ["5.9", "6.0", "7.0"];

const install = async (
  folder: string,
  name: string,
  versions: readonly string[],
): Promise<(version: string) => string> => {
  const alias = (version: string): string => `${name}-${version.replaceAll(".", "-")}`;
  await mkdir(folder, { recursive: true });
  const dependencies = Object.fromEntries(versions.map((version) => [alias(version), `npm:${name}@${version}`]));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(folder, "pnpm-workspace.yaml"), "allowBuilds:\n  node: true\n");
  await run("pnpm", ["install", "--no-frozen-lockfile", "--prefer-offline"], { cwd: folder });
  return (version) => join(folder, "node_modules", alias(version));
};

export const provideRuntimes = async (folder: string): Promise<Runtime[]> => {
  const pathOf = await install(folder, "node", nodes);
  return nodes.map((version) => ({
    label: `Node ${version}`,
    binary: join(pathOf(version), "bin", process.platform === "win32" ? "node.exe" : "node"),
    flags: version === "22.15.0" ? ["--experimental-strip-types"] : [],
  }));
};

export const provideCompilers = async (folder: string): Promise<Compiler[]> => {
  const pathOf = await install(folder, "typescript", compilers);
  return compilers.map((version) => ({
    label: `TypeScript ${version}`,
    script: join(pathOf(version), "bin", "tsc"),
  }));
};
