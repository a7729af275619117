// A release from version to publish, by the repository's own scripts, in a copy of it and against a registry on loopback.
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Registry } from "./registry.ts";
import { type Finished, run } from "./run.ts";

export interface Rehearsal {
  /** The copy of the repository, versioned and published. */
  readonly folder: string;
  /** What the two runs of `pnpm release` said. */
  readonly firstPublish: Finished;
  readonly secondPublish: Finished;
  /** Versions before, by package name. */
  readonly before: ReadonlyMap<string, string>;
}

/** The sentence that every changelog carries after the rehearsal. */
export const rehearsalNote = "A rehearsal of the release.";

/** Copies what git knows or would know: uncommitted work is rehearsed too, ignored files are not. */
const copyRepository = async (from: string, to: string): Promise<void> => {
  const listed = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: from });
  for (const file of listed.stdout.split("\0").filter((path) => path !== "" && existsSync(join(from, path)))) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(from, file), join(to, file));
  }
};

const commit = async (folder: string, message: string): Promise<void> => {
  await run("git", ["add", "--all"], { cwd: folder });
  await run("git", ["commit", "--quiet", "--no-verify", "-m", message], { cwd: folder });
};

/** A repository with an identity of its own: without one, changesets publishes but cannot tag. */
const createRepository = async (folder: string): Promise<void> => {
  await run("git", ["init", "--quiet", "--initial-branch=main"], { cwd: folder });
  const settings = { "user.name": "Rehearsal", "user.email": "rehearsal@localhost", "commit.gpgsign": "false" };
  for (const [name, value] of Object.entries({ ...settings, "tag.gpgsign": "false" }))
    await run("git", ["config", name, value], { cwd: folder });
};

export const versionOf = async (folder: string, name: string): Promise<string> => {
  const text = await readFile(join(folder, "packages", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
};

/** Versions and publishes `packages` from a copy of `root` in `folder`. */
export const rehearseRelease = async (
  root: string,
  folder: string,
  registry: Registry,
  packages: readonly string[],
): Promise<Rehearsal> => {
  await copyRepository(root, folder);
  await createRepository(folder);
  await commit(folder, "Before the release");

  await run("pnpm", ["install", "--frozen-lockfile", "--prefer-offline"], { cwd: folder });
  const before = new Map<string, string>();
  for (const name of packages) before.set(name, await versionOf(folder, name));

  const bumps = packages.map((name) => `"@route/${name}": patch\n`).join("");
  await writeFile(join(folder, ".changeset", "rehearsal.md"), `---\n${bumps}---\n\n${rehearsalNote}\n`);
  await commit(folder, "Add a changeset");
  await run("pnpm", ["run", "version"], { cwd: folder });
  await commit(folder, "Version the packages");

  const publish = (): Promise<Finished> => run("pnpm", ["run", "release"], { cwd: folder, env: registry.env });
  return { folder, before, firstPublish: await publish(), secondPublish: await publish() };
};
