import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RedisClient } from "./client.ts";

/** One Lua script, sent by its digest. */
export interface Script {
  readonly text: string;
  readonly sha: string;
  readonly keyCount: number;
}

// The same relative place from src/ and from dist/.
const read = (name: string): string => readFileSync(new URL(`../../../lua/${name}.lua`, import.meta.url), "utf8");

const compose = (name: string, keyCount: number, ...parts: string[]): Script => {
  const text = [...parts, name].map(read).join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex"), keyCount };
};

/** The scripts by the operation that they perform. */
export type ScriptName =
  | "acquirePod"
  | "renewPod"
  | "releasePod"
  | "sealPod"
  | "listPods"
  | "linkIfAbsent"
  | "takeOver"
  | "renewLink"
  | "removeLink";

/** All scripts, read from `lua/`. */
export const loadScripts = (): Readonly<Record<ScriptName, Script>> => ({
  acquirePod: compose("pod-acquire", 2, "shared", "pods"),
  renewPod: compose("pod-renew", 2, "shared", "pods"),
  releasePod: compose("pod-release", 1, "shared", "pods"),
  sealPod: compose("pod-seal", 2, "shared", "pods"),
  listPods: compose("pod-list", 1, "shared"),
  linkIfAbsent: compose("link-if-absent", 2, "shared", "links"),
  takeOver: compose("link-take-over", 2, "shared", "links"),
  renewLink: compose("link-renew", 2, "shared", "links"),
  removeLink: compose("link-remove", 2),
});

/** Runs a script; where the server does not know it (restart, failover, SCRIPT FLUSH) it is sent whole, once. */
export const runScript = async (client: RedisClient, script: Script, args: readonly string[]): Promise<unknown> => {
  try {
    return await client.evalsha(script.sha, script.keyCount, ...args);
  } catch (error) {
    // NOSCRIPT means that nothing ran, so that sending again is safe.
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return client.eval(script.text, script.keyCount, ...args);
  }
};
