import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithUs } from "../end-with-us.ts";
import { freePort } from "../free-port.ts";
import { cleanEnv, run } from "./run.ts";

/** A registry on loopback that knows the scope `@route` only; everything else comes from the registry of the machine. */
export interface Registry extends AsyncDisposable {
  /** Ends with a slash. */
  readonly url: string;
  /** An environment in which npm, pnpm and changesets read and publish `@route/*` here. */
  readonly env: NodeJS.ProcessEnv;
}

const versions = {
  private: true,
  dependencies: { verdaccio: "6.10.4" },
  // verdaccio asks for the dist-tag `cjs`, which not every mirror carries.
  overrides: { "node-fetch": "2.6.7" },
};

const config = (folder: string): string => `storage: ${join(folder, "storage")}
auth:
  htpasswd:
    file: ${join(folder, "htpasswd")}
uplinks: {}
packages:
  "@route/*":
    access: $all
    publish: $authenticated
log: { type: stdout, format: pretty, level: warn }
web: { enable: false }
`;

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}-/ping`)).ok;
  } catch {
    return false;
  }
};

const createUser = async (url: string): Promise<string> => {
  const response = await fetch(`${url}-/user/org.couchdb.user:releaser`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "releaser", password: "rehearsal only" }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`the registry refused to create a user: ${response.status}`);
  return token;
};

/** Runs verdaccio in `folder` until it answers on `port`; `undefined` where it ended before that. */
const serve = async (folder: string, port: number): Promise<ChildProcess | undefined> => {
  const binary = join(folder, "node_modules", "verdaccio", "bin", "verdaccio");
  const child = spawn(
    process.execPath,
    [binary, "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${port}`],
    { cwd: folder, env: { ...cleanEnv(), NODE_NO_WARNINGS: "1" }, stdio: ["ignore", "ignore", "inherit"] },
  );
  endWithUs(child);
  for (let attempt = 0; attempt < 900; attempt++) {
    const isThere = await answers(`http://127.0.0.1:${port}/`);
    // What answers is ours only while the child lives.
    if (child.exitCode !== null || child.signalCode !== null) return undefined;
    if (isThere) return child;
    await sleep(100);
  }
  child.kill("SIGKILL");
  throw new Error(`verdaccio did not answer on port ${port} within 90 s`);
};

/** The same on a free port. Between its choice and its use another process may take it: then on another one. */
const serveSomewhere = async (folder: string): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const port = await freePort();
    const child = await serve(folder, port);
    if (child !== undefined) return { child, port };
  }
  throw new Error("verdaccio ended five times before it answered");
};

/** Installs verdaccio into `folder` and starts it on a free port. */
export const startRegistry = async (folder: string): Promise<Registry> => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify(versions));
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder });
  await writeFile(join(folder, "config.yaml"), config(folder));

  const { child, port } = await serveSomewhere(folder);
  const url = `http://127.0.0.1:${port}/`;

  const elsewhere = (await run("npm", ["config", "get", "registry"], { cwd: folder })).stdout.trim();
  const userConfig = join(folder, "npmrc");
  const token = await createUser(url);
  await writeFile(
    userConfig,
    `registry=${elsewhere}\n@route:registry=${url}\n//127.0.0.1:${port}/:_authToken=${token}\n`,
    { mode: 0o600 },
  );
  return {
    url,
    env: { ...cleanEnv(), NPM_CONFIG_USERCONFIG: userConfig },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
};
