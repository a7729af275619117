// What a stranger gets from the registry: a release is rehearsed in a copy of the repository, then every package is
// installed alone and used the way its README says.
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  asCommonJs,
  entriesOf,
  installInto,
  jsonEntriesOf,
  loadingProgram,
  peersOf,
  peersOfExample,
  runScript,
  siblingsIn,
  typeCheck,
} from "../release/consumer.ts";
import { type Registry, startRegistry } from "../release/registry.ts";
import { type Rehearsal, rehearsalNote, rehearseRelease, versionOf } from "../release/rehearsal.ts";
import { run } from "../release/run.ts";
import {
  danglingMaps,
  fetchTarball,
  machinePaths,
  missingFiles,
  sizeBudgetBytes,
  strayFiles,
  type Tarball,
  workspaceLeftovers,
} from "../release/tarball.ts";
import { type Compiler, provideCompilers, provideRuntimes, type Runtime } from "../release/toolchains.ts";

const root = join(import.meta.dirname, "../..");
const packages = (await readdir(join(root, "packages"))).sort();
const nodeTypes = "@types/node@22";

let temporary: string;
let registry: Registry;
let rehearsal: Rehearsal;
let runtimes: Runtime[];
let compilers: Compiler[];
const tarballs = new Map<string, Tarball>();
const tarball = (name: string): Tarball => tarballs.get(name)!;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "route-release-"));
  registry = await startRegistry(join(temporary, "registry"));
  rehearsal = await rehearseRelease(root, join(temporary, "repository"), registry, packages);
  runtimes = await provideRuntimes(join(temporary, "runtimes"));
  compilers = await provideCompilers(join(temporary, "compilers"));
  for (const name of packages) tarballs.set(name, await fetchTarball(registry, name, join(temporary, "tarballs")));
}, 420_000);

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await rm(temporary, { recursive: true, force: true });
});

describe("the release", () => {
  it("bumps every version and writes every changelog", async () => {
    for (const name of packages) {
      const version = await versionOf(rehearsal.folder, name);
      expect(version, name).not.toBe(rehearsal.before.get(name));
      const changelog = await readFile(join(rehearsal.folder, "packages", name, "CHANGELOG.md"), "utf8");
      expect(changelog, name).toContain(`## ${version}\n`);
      expect(changelog, name).toContain(rehearsalNote);
    }
    expect(await readdir(join(rehearsal.folder, ".changeset"))).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/^(?!README).*\.md$/)]),
    );
  });

  it("leaves a lockfile that a frozen install accepts", async () => {
    await run("pnpm", ["install", "--frozen-lockfile", "--offline"], { cwd: rehearsal.folder });
  });

  it("publishes every package once and tags it", async () => {
    const tags = (await run("git", ["tag"], { cwd: rehearsal.folder })).stdout.trim().split("\n");
    const expected = packages.map((name) => `@route/${name}@${tarball(name).manifest.version}`);
    expect(tags.sort()).toEqual(expected.sort());
    expect(rehearsal.secondPublish.stdout + rehearsal.secondPublish.stderr).toMatch(/no unpublished/i);
  });
});

describe.each(packages)("the tarball of %s", (name) => {
  it("holds what its allow list names, and what every package needs", () => {
    const paths = [...tarball(name).files.keys()];
    expect(strayFiles(name, paths)).toEqual([]);
    expect(missingFiles(paths)).toEqual([]);
    expect(tarball(name).sizeBytes).toBeLessThanOrEqual(sizeBudgetBytes);
  });

  it("has nothing of the workspace or of this machine in it", () => {
    const { files } = tarball(name);
    expect(workspaceLeftovers(files.get("package.json")!)).toEqual([]);
    expect(machinePaths(files, [root, temporary])).toEqual([]);
    expect(danglingMaps(files)).toEqual([]);
  });
});

describe.each(packages)("%s installed alone", (name) => {
  let folder: string;

  beforeAll(async () => {
    folder = join(temporary, "alone", name);
    await installInto(folder, registry, [`@route/${name}`, ...peersOf(tarball(name).manifest, "required"), nodeTypes]);
  });

  it("brings no other package of the scope", async () => {
    expect(await siblingsIn(folder)).toEqual([name]);
  });

  it("loads every entry, or names the optional peer that the entry needs", async () => {
    const { manifest } = tarball(name);
    await writeFile(join(folder, "load.mjs"), loadingProgram(entriesOf(manifest), jsonEntriesOf(manifest)));
    const peers = Object.keys(manifest.peerDependencies ?? {});
    for (const runtime of runtimes) {
      const { stdout, stderr } = await runScript(runtime, folder, "load.mjs");
      const report = JSON.parse(stdout || JSON.stringify({ [name]: stderr })) as Record<string, string>;
      for (const [entry, complaint] of Object.entries(report)) {
        const needsPeer = peers.some((peer) => /NOT_FOUND/.test(complaint) && complaint.includes(`'${peer}'`));
        if (entry === `@route/${name}` || !needsPeer) expect(complaint, `${entry} on ${runtime.label}`).toBe("");
      }
    }
  });

  it("compiles with every TypeScript, libraries checked", async () => {
    for (const compiler of compilers)
      expect(await typeCheck(compiler, folder, [`@route/${name}`], []), compiler.label).toBe("");
  });

  describe("and its quickstart", () => {
    let peers: string[];

    beforeAll(async () => {
      const example = join(root, "packages", name, "examples", "quickstart.ts");
      const text = await readFile(example, "utf8");
      peers = peersOfExample(text, tarball(name).manifest);
      if (peers.length > 0) await installInto(folder, registry, peers);
      await copyFile(example, join(folder, "quickstart.ts"));
      await writeFile(join(folder, "quickstart.cjs"), asCommonJs(stripTypeScriptTypes(text)));
    });

    it("need what the README says to install", () => {
      const installLines =
        tarball(name)
          .files.get("README.md")!
          .match(/npm install .*/g) ?? [];
      for (const needed of [`@route/${name}`, ...peers.map((peer) => peer.slice(0, peer.lastIndexOf("@")))])
        expect(installLines.join("\n")).toContain(needed);
    });

    it.each([
      ["import", "quickstart.ts"],
      ["require()", "quickstart.cjs"],
    ])("run with %s on every Node", async (_, file) => {
      for (const runtime of runtimes) {
        const { status, stdout, stderr } = await runScript(runtime, folder, file);
        expect(status, `${runtime.label}: ${stderr}`).toBe(0);
        expect(stdout.trim(), `${runtime.label} printed nothing`).not.toBe("");
      }
    });

    it("compile with the newest TypeScript", async () => {
      expect(await typeCheck(compilers.at(-1)!, folder, [`@route/${name}`], ["quickstart.ts"])).toBe("");
    });
  });
});

describe("all packages together, with their optional peers", () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(temporary, "together");
    const manifests = packages.map((name) => tarball(name).manifest);
    const peers = manifests.flatMap((manifest) => [...peersOf(manifest, "required"), ...peersOf(manifest, "optional")]);
    await installInto(folder, registry, [...packages.map((name) => `@route/${name}`), ...new Set(peers), nodeTypes]);
  });

  it("load every entry on every Node, with the same exports by import and require()", async () => {
    const manifests = packages.map((name) => tarball(name).manifest);
    await writeFile(
      join(folder, "load.mjs"),
      loadingProgram(manifests.flatMap(entriesOf), manifests.flatMap(jsonEntriesOf)),
    );
    for (const runtime of runtimes) {
      const { stdout, stderr } = await runScript(runtime, folder, "load.mjs");
      expect(stderr, runtime.label).not.toMatch(/Error/);
      const report = JSON.parse(stdout) as Record<string, string>;
      expect(Object.entries(report).filter(([, complaint]) => complaint !== "")).toEqual([]);
    }
  });

  it("have commands that start", async () => {
    for (const name of packages) {
      for (const [command, target] of Object.entries(tarball(name).manifest.bin ?? {})) {
        expect(tarball(name).files.get(target.replace(/^\.\//, "")), command).toMatch(/^#!\/usr\/bin\/env node\n/);
        for (const runtime of runtimes) {
          const script = join(folder, "node_modules", "@route", name, target);
          const { status, stdout, stderr } = await run(runtime.binary, [script, "--help"], {
            cwd: folder,
            allowFailure: true,
          });
          expect(status, `${command} --help on ${runtime.label}: ${stderr}`).toBe(0);
          expect(stdout, `${command} --help on ${runtime.label}`).toContain(command);
        }
      }
    }
  });

  it("compile with every TypeScript, libraries checked", async () => {
    const entries = packages.flatMap((name) => entriesOf(tarball(name).manifest));
    for (const compiler of compilers) expect(await typeCheck(compiler, folder, entries, []), compiler.label).toBe("");
  });
});
