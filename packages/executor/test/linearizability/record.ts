import type { ServiceScope } from "../../src/scope/service-scope.ts";
import type { Operation } from "./checker.ts";

type Known = { [Kind in Operation["kind"]]: Omit<Extract<Operation, { kind: Kind }>, "calledAt" | "answeredAt"> };

const run = async (scope: ServiceScope, uid: string, random: () => number): Promise<Known[Operation["kind"]]> => {
  const pod = Math.floor(random() * 4);
  const choice = random();
  if (choice < 0.3) return { kind: "get", answer: (await scope.getLinkedPod(uid))?.pod };
  if (choice < 0.6) {
    const { link, created } = await scope.setLinkedPodIfAbsent(uid, { pod }, "persistent");
    return { kind: "ifAbsent", pod, answer: { pod: link.pod, created } };
  }
  if (choice < 0.75) {
    const { previous } = await scope.setLinkedPod(uid, { pod }, "persistent");
    return { kind: "set", pod, answer: { previous: previous?.pod } };
  }
  if (choice < 0.9) return { kind: "remove", answer: await scope.removeLinkedPod(uid) };
  return { kind: "remove", expected: pod, answer: await scope.removeLinkedPodWithId(uid, { pod }) };
};

/** What the operation would have been, had it been answered: the same draws, no answer. */
const unanswered = (random: () => number): Known[Operation["kind"]] => {
  const pod = Math.floor(random() * 4);
  const choice = random();
  if (choice < 0.3) return { kind: "get" };
  if (choice < 0.6) return { kind: "ifAbsent", pod };
  if (choice < 0.75) return { kind: "set", pod };
  return choice < 0.9 ? { kind: "remove" } : { kind: "remove", expected: pod };
};

/** A source of draws in [0, 1) that can be asked again for the same ones. */
export const draws = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Lets `clients` work on `uids` at the same time, `count` operations each; the histories by uid. */
export const record = async (
  clients: readonly ServiceScope[],
  uids: readonly string[],
  count: number,
  seed: number,
): Promise<Map<string, Operation[]>> => {
  const histories = new Map<string, Operation[]>(uids.map((uid) => [uid, []]));
  const work = async (scope: ServiceScope, client: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const own = seed + client * 7919 + index * 104_729;
      const uid = uids[Math.floor(draws(own + 1)() * uids.length)]!;
      const calledAt = performance.now();
      let done: Operation;
      try {
        done = { ...(await run(scope, uid, draws(own))), calledAt, answeredAt: performance.now() } as Operation;
      } catch (error) {
        if ((error as { outcome?: string }).outcome !== "unknown") continue;
        done = { ...unanswered(draws(own)), calledAt, answeredAt: Number.POSITIVE_INFINITY } as Operation;
      }
      histories.get(uid)!.push(done);
    }
  };
  await Promise.all(clients.map(work));
  return histories;
};
