import type { Link, LinkName, Tenure } from "../../types.ts";
import type { LinkRenewal } from "../answers.ts";
import { handedKey, indexKey, linkKey } from "./keys.ts";
import { parseLink } from "./link-text.ts";

/** What the scripts on a link answer; the second part is the link that stands. */
export type LinkReply = readonly [applied: number, link?: string | null, more?: string | number | null];

/** The keys of every script on a link, in their order. */
export const keysOf = (name: LinkName): string[] => [linkKey(name), indexKey(name), handedKey(name)];

/** A tenure as the scripts take it. */
export const tenureArgs = ({ pod, incarnation, fence }: Tenure): string[] => [`${pod}`, `${incarnation}`, `${fence}`];

/** The reply of link-renew.lua. */
export const renewalOf = (reply: readonly unknown[]): LinkRenewal => {
  const [kept, text, leftMs = -1] = reply as readonly [number, string | null | undefined, number | undefined];
  const link = linkOf(text);
  if (kept !== 1 || !link) return { kept: false, link };
  return { kept: true, link, leftMs: leftMs < 0 ? Number.POSITIVE_INFINITY : leftMs };
};

/** The link in a reply, if there is one. */
export const linkOf = (text: string | null | undefined): Link | undefined => (text ? parseLink(text) : undefined);
