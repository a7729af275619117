import type { PodId } from "../../src/types.ts";

/** What one client did to one uid, and what it was told. Times are of one clock. */
export type Operation = {
  readonly calledAt: number;
  /** Infinity where the outcome is unknown: it may take effect at any later time, or never. */
  readonly answeredAt: number;
} & (
  | { readonly kind: "get"; readonly answer?: PodId | undefined }
  | {
      readonly kind: "ifAbsent";
      readonly pod: PodId;
      readonly answer?: { readonly pod: PodId; readonly created: boolean };
    }
  | { readonly kind: "set"; readonly pod: PodId; readonly answer?: { readonly previous: PodId | undefined } }
  | { readonly kind: "remove"; readonly expected?: PodId; readonly answer?: boolean }
);

type State = PodId | undefined;

/** The state after the operation, or `"impossible"` if it could not have been answered so. */
const step = (state: State, operation: Operation): State | "impossible" => {
  const isKnown = operation.answeredAt !== Number.POSITIVE_INFINITY;
  const answered = (isTrue: boolean, next: State): State | "impossible" => (!isKnown || isTrue ? next : "impossible");
  switch (operation.kind) {
    case "get":
      return answered(operation.answer === state, state);
    case "ifAbsent": {
      const holder = state ?? operation.pod;
      const { answer } = operation;
      return answered(answer?.pod === holder && answer.created === (state === undefined), holder);
    }
    case "set":
      return answered(operation.answer?.previous === state, operation.pod);
    case "remove": {
      const hits = state !== undefined && (operation.expected === undefined || operation.expected === state);
      return answered(operation.answer === hits, hits ? undefined : state);
    }
  }
};

/**
 * Whether some order of the operations explains every answer and keeps to real time: one that was answered before
 * another was called comes first. The search of Wing and Gong, which never enters the same situation twice.
 */
export const isLinearizable = (history: readonly Operation[]): boolean => {
  const operations = [...history].sort((a, b) => a.calledAt - b.calledAt);
  const mustHappen = operations.filter(({ answeredAt }) => answeredAt !== Number.POSITIVE_INFINITY).length;
  const seen = new Set<string>();
  const search = (done: bigint, happened: number, state: State): boolean => {
    if (happened === mustHappen) return true;
    const situation = `${done}:${state}`;
    if (seen.has(situation)) return false;
    seen.add(situation);
    let firstAnswer = Number.POSITIVE_INFINITY;
    for (const [index, { answeredAt }] of operations.entries()) {
      if (!(done & (1n << BigInt(index)))) firstAnswer = Math.min(firstAnswer, answeredAt);
    }
    for (const [index, operation] of operations.entries()) {
      if (operation.calledAt > firstAnswer) break;
      const bit = 1n << BigInt(index);
      if (done & bit) continue;
      const next = step(state, operation);
      if (next === "impossible") continue;
      const counts = operation.answeredAt === Number.POSITIVE_INFINITY ? 0 : 1;
      if (search(done | bit, happened + counts, next)) return true;
    }
    return false;
  };
  return search(0n, 0, undefined);
};
