import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** One Lua script, sent by its digest. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

// The same relative place from src/ and from dist/.
const read = (name: string): string => readFileSync(new URL(`../../../lua/${name}.lua`, import.meta.url), "utf8");

/** The scripts by the operation that they perform. */
export type ScriptName =
  | "acquirePod"
  | "renewPod"
  | "releasePod"
  | "sealPod"
  | "listPods"
  | "sendLetters"
  | "readLetters"
  | "linkIfAbsent"
  | "setLink"
  | "trySetLink"
  | "takeOver"
  | "renewLink"
  | "takeUpLink"
  | "dropState"
  | "moveLink"
  | "removeLink"
  | "mendIndex"
  | "setPodState"
  | "podStates"
  | "setWorkloadState"
  | "workloadStates"
  | "legacyLinkIfAbsent"
  | "legacySetLink"
  | "legacyTrySetLink"
  | "legacyGetLinks"
  | "legacyTakeOver"
  | "legacyRenewLink"
  | "legacyRemoveLink"
  | "legacyMendIndex"
  | "legacyDropStates";

/** The files of `lua/` that make up each script, in their order. */
const parts: Readonly<Record<ScriptName, readonly string[]>> = {
  acquirePod: ["shared", "pods", "pod-acquire"],
  renewPod: ["shared", "pods", "pod-renew"],
  releasePod: ["shared", "pods", "pod-release"],
  sealPod: ["shared", "pods", "pod-seal"],
  listPods: ["shared", "pods", "pod-list"],
  sendLetters: ["shared", "mail-send"],
  readLetters: ["shared", "mail-read"],
  linkIfAbsent: ["shared", "links", "link-if-absent"],
  setLink: ["shared", "links", "link-set"],
  trySetLink: ["shared", "links", "link-try-set"],
  takeOver: ["shared", "links", "link-take-over"],
  renewLink: ["shared", "links", "link-renew"],
  takeUpLink: ["shared", "links", "link-take-up"],
  dropState: ["shared", "links", "link-drop-state"],
  moveLink: ["shared", "links", "link-move"],
  removeLink: ["shared", "links", "link-remove"],
  mendIndex: ["link-index-mend"],
  setPodState: ["shared", "states", "state-set"],
  podStates: ["shared", "states", "state-list"],
  setWorkloadState: ["shared", "states", "workload-set"],
  workloadStates: ["shared", "states", "workload-get"],
  legacyLinkIfAbsent: ["legacy-links", "legacy-link-if-absent"],
  legacySetLink: ["legacy-links", "legacy-link-set"],
  legacyTrySetLink: ["legacy-links", "legacy-link-try-set"],
  legacyGetLinks: ["legacy-link-list"],
  legacyTakeOver: ["legacy-links", "legacy-link-take-over"],
  legacyRenewLink: ["legacy-links", "legacy-link-renew"],
  legacyRemoveLink: ["legacy-links", "legacy-link-remove"],
  legacyMendIndex: ["legacy-index-mend"],
  legacyDropStates: ["legacy-state-drop"],
};

const compose = (names: readonly string[]): Script => {
  const text = names.map(read).join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
};

type Scripts = Readonly<Record<ScriptName, Script>>;

let loaded: Scripts | undefined;

/** All scripts, read from `lua/` by the first call. */
export const scripts = (): Scripts => {
  loaded ??= Object.fromEntries(Object.entries(parts).map(([name, files]) => [name, compose(files)])) as Scripts;
  return loaded;
};
