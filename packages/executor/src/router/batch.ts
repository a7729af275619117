import { type CallOptions, countdown } from "../calls.ts";
import { ExecutorError } from "../errors.ts";
import type { Link } from "../types.ts";
import { maxBatch } from "../validate.ts";
import type { RouterParts } from "./parts.ts";
import type { Route } from "./route.ts";

/** So many uids that need more than a read are served at once. */
const atOnce = 64;

type Answer = Route | ExecutorError;

/**
 * Answers each of `uids` into `answers`: one read for up to 4096 of them, then a conversation of its own for each that
 * has no link, a dead owner, or is moving.
 */
export const resolveBatch = async (
  parts: RouterParts,
  uids: readonly string[],
  { timeoutMs, signal }: CallOptions,
  answers: Map<string, Answer>,
): Promise<void> => {
  const leftMs = countdown(timeoutMs);
  for (let start = 0; start < uids.length; start += maxBatch) {
    const some = uids.slice(start, start + maxBatch);
    const links = await readLinks(parts, some, { timeoutMs: leftMs(), signal });
    const others = some.filter((uid) => !answerSeen(parts, uid, links?.get(uid), answers)).values();
    const serve = async (): Promise<void> => {
      for (const uid of others) {
        const known = links && { link: links.get(uid) };
        answers.set(uid, await outcomeOf(parts.resolver.resolve(uid, { timeoutMs: leftMs(), signal }, known)));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, serve));
  }
};

/** Without the store `undefined`: each uid is then answered for itself, for some may have an old hint. */
const readLinks = async (
  { scope, pods }: RouterParts,
  uids: readonly string[],
  options: CallOptions,
): Promise<Map<string, Link> | undefined> => {
  try {
    const [links] = await Promise.all([scope.batchGetLinkedPod(uids, options), pods.recent()]);
    return links;
  } catch {
    return undefined;
  }
};

/** At once, for what was read just now is soon old. */
const answerSeen = (
  { owners, hints }: RouterParts,
  uid: string,
  link: Link | undefined,
  answers: Map<string, Answer>,
): boolean => {
  const record = link && !link.moving ? owners.seen(link) : undefined;
  if (!link || !record) return false;
  hints.remember(uid, link);
  answers.set(uid, { ...link, address: record.address, source: "store" });
  return true;
};

const outcomeOf = async (route: Promise<Route>): Promise<Answer> => {
  try {
    return await route;
  } catch (error) {
    if (error instanceof ExecutorError) return error;
    throw error;
  }
};
