import type { CallOptions } from "../calls.ts";
import { ExecutorError } from "../errors.ts";
import { maxBatch } from "../validate.ts";
import type { RouterParts } from "./parts.ts";
import type { Route } from "./route.ts";

/** So many uids that need more than a read are served at once. */
const atOnce = 64;

type Answer = Route | ExecutorError;

/**
 * Answers each of `uids` into `answers`: one read for up to 4096 of them, then a conversation of its own for each that
 * has no link or a dead owner.
 */
export const resolveBatch = async (
  { scope, resolver }: RouterParts,
  uids: readonly string[],
  options: CallOptions,
  answers: Map<string, Answer>,
): Promise<void> => {
  for (let start = 0; start < uids.length; start += maxBatch) {
    const some = uids.slice(start, start + maxBatch);
    // Without the store each uid is answered for itself: some may have an old hint.
    const links = await scope.batchGetLinkedPod(some, options).catch(() => undefined);
    const pending = some.values();
    const worker = async (): Promise<void> => {
      for (const uid of pending) {
        const known = links && { link: links.get(uid) };
        answers.set(uid, await outcomeOf(resolver.resolve(uid, options, known)));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }
};

const outcomeOf = async (route: Promise<Route>): Promise<Answer> => {
  try {
    return await route;
  } catch (error) {
    if (error instanceof ExecutorError) return error;
    throw error;
  }
};
