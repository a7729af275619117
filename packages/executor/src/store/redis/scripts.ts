import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** One Lua script, sent by its digest. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

// The same relative place from src/ and from dist/.
const read = (name: string): string => readFileSync(new URL(`../../../lua/${name}.lua`, import.meta.url), "utf8");

const compose = (...names: string[]): Script => {
  const text = names.map(read).join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
};

const load = () => ({
  acquirePod: compose("shared", "pods", "pod-acquire"),
  renewPod: compose("shared", "pods", "pod-renew"),
  releasePod: compose("shared", "pods", "pod-release"),
  sealPod: compose("shared", "pods", "pod-seal"),
  listPods: compose("shared", "pods", "pod-list"),
  linkIfAbsent: compose("shared", "links", "link-if-absent"),
  setLink: compose("shared", "links", "link-set"),
  trySetLink: compose("shared", "links", "link-try-set"),
  takeOver: compose("shared", "links", "link-take-over"),
  renewLink: compose("shared", "links", "link-renew"),
  removeLink: compose("shared", "links", "link-remove"),
  mendIndex: compose("link-index-mend"),
  setPodState: compose("shared", "states", "state-set"),
  podStates: compose("shared", "states", "state-list"),
  setWorkloadState: compose("shared", "states", "workload-set"),
  workloadStates: compose("shared", "states", "workload-get"),
  legacyLinkIfAbsent: compose("legacy-links", "legacy-link-if-absent"),
  legacySetLink: compose("legacy-links", "legacy-link-set"),
  legacyTrySetLink: compose("legacy-links", "legacy-link-try-set"),
  legacyGetLinks: compose("legacy-link-list"),
  legacyTakeOver: compose("legacy-links", "legacy-link-take-over"),
  legacyRenewLink: compose("legacy-links", "legacy-link-renew"),
  legacyRemoveLink: compose("legacy-links", "legacy-link-remove"),
  legacyMendIndex: compose("legacy-index-mend"),
  legacyDropStates: compose("legacy-state-drop"),
});

/** The scripts by the operation that they perform. */
export type ScriptName = keyof ReturnType<typeof load>;

let loaded: Readonly<Record<ScriptName, Script>> | undefined;

/** All scripts, read from `lua/` by the first call. */
export const scripts = (): Readonly<Record<ScriptName, Script>> => {
  loaded ??= load();
  return loaded;
};
