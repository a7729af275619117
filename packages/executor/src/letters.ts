import type { PodId } from "./types.ts";

/**
 * What is asked of a pod: only the owner moves or lets go what it holds, everybody else asks by a letter.
 * `move`: hand `uid` over to `to`, or to whom placement chooses. `release`: let `uid` go and remove its link.
 * `shed`: hand over `count` uids of the pod's choice to the pods `to`. `adopt`: take `uid` up now, before its first request.
 */
export type PodLetter =
  | { readonly kind: "move"; readonly uid: string; readonly to?: PodId }
  | { readonly kind: "release"; readonly uid: string }
  | { readonly kind: "shed"; readonly count: number; readonly to: readonly PodId[]; readonly perSecond?: number }
  | { readonly kind: "adopt"; readonly uid: string; readonly fence: number };

type Fields = Readonly<Record<string, unknown>>;

const isPodId = (value: unknown): value is PodId =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31;

const isUid = (value: unknown): value is string => typeof value === "string" && value !== "";

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1;

const isRate = (value: unknown): value is number =>
  typeof value === "number" && value > 0 && value < Number.POSITIVE_INFINITY;

const readMove = ({ uid, to }: Fields): PodLetter | undefined => {
  if (!isUid(uid)) return undefined;
  if (to === undefined) return { kind: "move", uid };
  return isPodId(to) ? { kind: "move", uid, to } : undefined;
};

const readShed = ({ count, to, perSecond }: Fields): PodLetter | undefined => {
  if (!isCount(count) || !Array.isArray(to) || to.length === 0 || !to.every(isPodId)) return undefined;
  if (perSecond === undefined) return { kind: "shed", count, to };
  return isRate(perSecond) ? { kind: "shed", count, to, perSecond } : undefined;
};

/** The text of a letter, for `sendLetters`. */
export const formatLetter = (letter: PodLetter): string => JSON.stringify(letter);

/** Reads what {@link formatLetter} wrote; `undefined` for anything else, such as the letters of later versions. */
export const parseLetter = (text: string): PodLetter | undefined => {
  let fields: Fields;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    fields = value as Fields;
  } catch {
    return undefined;
  }
  const { kind, uid, fence } = fields;
  if (kind === "move") return readMove(fields);
  if (kind === "shed") return readShed(fields);
  if (!isUid(uid)) return undefined;
  if (kind === "release") return { kind, uid };
  return kind === "adopt" && isCount(fence) ? { kind, uid, fence } : undefined;
};
