// The rules of the house as pure functions over file texts, so that a test can show that each of them can fail.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What the browser-safe cores may not touch. */
const browserSafe = /^packages\/(cache|loadbalancer|analysis)\/src\//;
const nodeEntries = /^packages\/(loadbalancer\/src\/health\/probes|analysis\/src\/(cli|collect|notify|history-file))/;

/** Files of `folder` with one of the `endings`, recursively, without build output and dependencies. */
export const filesOf = (root: string, folder: string, endings: readonly string[]): SourceFile[] => {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](node_modules|dist|coverage|\.turbo)[\\/]/.test(path))
    .map((path) => ({ path: relative(root, path).replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));
};

const importsOf = (text: string): string[] => {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]!);
};

/** Imports of a sibling package, of `node:` in a browser-safe core, or upwards from a leaf. */
export const importViolations = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter(
        (target) =>
          target.startsWith("@route/") ||
          (target.startsWith("node:") && browserSafe.test(path) && !nodeEntries.test(path)),
      )
      .map((target) => `${path} imports ${target}`),
  );

/** Dependencies and peers between packages: they meet through structural ports, so that each installs alone. */
export const manifestViolations = (manifests: readonly Manifest[]): string[] =>
  manifests.flatMap(({ name, dependencies, peerDependencies }) =>
    Object.keys({ ...dependencies, ...peerDependencies })
      .filter((target) => target.startsWith("@route/"))
      .map((target) => `${name} needs ${target}`),
  );

export const lineCount = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/** Files over `limit` lines. */
export const oversized = (files: readonly SourceFile[], limit: number): string[] =>
  files.filter(({ text }) => lineCount(text) > limit).map(({ path, text }) => `${path} has ${lineCount(text)} lines`);

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Unfinished work, silenced checks, skipped or focused tests. */
export const unfinished = (files: readonly SourceFile[]): string[] => {
  const smell = /\b(?:TO[D]O|FIX[M]E|XX[X])\b|@ts-(?:ignore|nocheck)|\b(?:it|test|describe)\.(?:only|skip|to[d]o)\b/;
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => (smell.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
};

/** `any` as a type in source text. Comments and strings do not count. */
export const anyTypes = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, text }) => {
    const code = text
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/\/\/.*$/gm, "")
      .replace(/(["'`])(?:\\.|(?!\1)[^\\])*\1/g, "''");
    return /(?:[:<|&,(]|\bas)\s*any\b/.test(code) ? [path] : [];
  });
