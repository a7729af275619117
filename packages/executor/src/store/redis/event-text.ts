import type { StoreEvent } from "../store.ts";
import { parseLink } from "./link-text.ts";

/** What `tell` in lua/shared.lua published, or `undefined` for what a later version may say. */
export const parseEvent = (message: string): StoreEvent | undefined => {
  const [kind, subject = "", text = ""] = message.split("\n");
  switch (kind) {
    case "link":
      return { kind, uid: subject, link: text === "" ? undefined : parseLink(text) };
    case "pod":
    case "letter":
      return { kind, pod: Number(subject) };
    default:
      return undefined;
  }
};
