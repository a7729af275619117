import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, posix, relative } from "node:path";
import type { Registry } from "./registry.ts";
import { run } from "./run.ts";

/** The published manifest, as far as the checks read it. */
export interface PackedManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What a user of the registry gets: the files of one published tarball. */
export interface Tarball {
  readonly sizeBytes: number;
  readonly manifest: PackedManifest;
  /** Text by path, e.g. `dist/index.js`. */
  readonly files: ReadonlyMap<string, string>;
}

/** Every package may hold these; a name that ends in a slash stands for the whole folder. */
const allowedEverywhere = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/", "src/"];

const allowedFor: Readonly<Record<string, readonly string[]>> = {
  analysis: ["report-schema.json"],
  executor: ["lua/", "docs/"],
  metrics: ["dashboards/", "alerts/"],
};

const required = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "dist/index.d.ts"];

/** Larger than any package today, small enough to notice a stray folder. */
export const sizeBudgetBytes = 340_000;

/** Files that the allow list of package `name` does not name, or that belong to tests or tools. */
export const strayFiles = (name: string, paths: Iterable<string>): string[] => {
  const allowed = [...allowedEverywhere, ...(allowedFor[name] ?? [])];
  return [...paths].filter(
    (path) =>
      !allowed.some((entry) => (entry.endsWith("/") ? path.startsWith(entry) : path === entry)) ||
      /\.(?:test|e2e|release|bench)\.[a-z.]+$|\.tsbuildinfo$|(?:^|\/)\.[^/]*$/.test(path),
  );
};

export const missingFiles = (paths: Iterable<string>): string[] => {
  const present = new Set(paths);
  return required.filter((path) => !present.has(path));
};

/** What publishing must have replaced: the source condition, and protocols that only a workspace understands. */
export const workspaceLeftovers = (manifestText: string): string[] => {
  // Scripts are not run by anyone who installs the package; they keep their flags.
  const { scripts: _, ...manifest } = JSON.parse(manifestText) as Record<string, unknown>;
  const text = JSON.stringify(manifest);
  return ["route-source", "workspace:", "catalog:"].filter((word) => text.includes(word));
};

/** Files that name a folder of the machine that built them. */
export const machinePaths = (files: ReadonlyMap<string, string>, folders: readonly string[]): string[] => {
  const literal = [...folders, `${homedir()}/`];
  const generic = /file:\/\/\/\w|\/(?:home|Users)\/\w+\/|[A-Z]:\\\\?Users\\/;
  return [...files]
    .filter(([, text]) => generic.test(text) || literal.some((folder) => text.includes(folder)))
    .map(([path]) => path);
};

/** Source maps that point to a source which the tarball does not hold: debuggers and bundlers warn about each. */
export const danglingMaps = (files: ReadonlyMap<string, string>): string[] =>
  [...files]
    .filter(([path]) => path.endsWith(".map"))
    .flatMap(([path, text]) => {
      const map = JSON.parse(text) as { sources: string[]; sourcesContent?: unknown };
      if (map.sourcesContent) return [];
      return map.sources
        .filter((source) => !files.has(posix.join(posix.dirname(path), source)))
        .map((source) => `${path} -> ${source}`);
    });

/** Downloads the published tarball of `@route/<name>` and unpacks it into `folder`. */
export const fetchTarball = async (registry: Registry, name: string, folder: string): Promise<Tarball> => {
  const document = (await (await fetch(`${registry.url}@route%2f${name}`)).json()) as {
    "dist-tags": { latest: string };
    versions: Record<string, { dist: { tarball: string } }>;
  };
  const { tarball } = document.versions[document["dist-tags"].latest]!.dist;
  const bytes = Buffer.from(await (await fetch(tarball)).arrayBuffer());
  const archive = join(folder, `${name}.tgz`);
  const unpacked = join(folder, name);
  await mkdir(unpacked, { recursive: true });
  await writeFile(archive, bytes);
  await run("tar", ["-xzf", archive, "-C", unpacked, "--strip-components=1"], { cwd: dirname(archive) });

  const files = new Map<string, string>();
  for (const entry of await readdir(unpacked, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(unpacked, path).replaceAll("\\", "/"), await readFile(path, "utf8"));
  }
  return {
    sizeBytes: bytes.length,
    manifest: JSON.parse(files.get("package.json") ?? "{}") as PackedManifest,
    files,
  };
};
