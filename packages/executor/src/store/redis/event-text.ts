import type { ServiceName } from "../../types.ts";
import type { StoreEvent } from "../answers.ts";
import { uidOfLinkKey } from "./keys.ts";
import { parseLink } from "./link-text.ts";

/**
 * What `tell` in lua/shared.lua published about this service; `undefined` for what concerns another namespace, and for
 * what a later version may say.
 */
export const parseEvent = (message: string, name: ServiceName): StoreEvent | undefined => {
  const [kind, key = "", text = ""] = message.split("\n");
  if (kind === "pod" || kind === "letter") {
    return key.includes(`{${name.namespace}:${name.service}}`) ? { kind, pod: Number(text) } : undefined;
  }
  const uid = kind === "link" ? uidOfLinkKey(key, name) : undefined;
  if (uid === undefined) return undefined;
  return { kind: "link", uid, link: text === "" ? undefined : parseLink(text) };
};
