import { redisForTests } from "../../../tools/redis-server.ts";
import { type PodLetter, parseLetter } from "../src/letters.ts";
import { RedisStore } from "../src/redis.ts";
import type { StatefulRouterOptions } from "../src/router/router-options.ts";
import { StatefulRouter } from "../src/router/stateful-router.ts";
import { ServiceScope } from "../src/scope/service-scope.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import type { Owner, PodId, PodStatus } from "../src/types.ts";
import type { StoreUnderTest } from "./contract/fixtures.ts";
import { faultyStore } from "./faulty-store.ts";
import { patient } from "./waiting.ts";

export const name = { namespace: "test", service: "rooms" };
export const leaseMs = 1000;

export const podStatus = (pod: PodId, changes: Partial<PodStatus> = {}): PodStatus => ({
  address: `10.0.0.${pod}:80`,
  revision: "",
  state: "ready",
  load: 0,
  ...changes,
});

/** What the tests do in the place of pods. */
export const podsOn = (scope: ServiceScope) => {
  let tokens = 0;
  const acquire = async (pod: PodId, changes: Partial<PodStatus> = {}, lease = leaseMs): Promise<Owner> => {
    const answer = await scope.acquirePod(pod, `t${tokens++}`, podStatus(pod, changes), lease);
    return { pod, incarnation: (answer as { incarnation: number }).incarnation };
  };
  const lettersTo = async (owner: Owner): Promise<(PodLetter | undefined)[]> =>
    (await scope.readLetters(owner, "", 100)).map(({ text }) => parseLetter(text));
  /** From now on the owner does at once what letters ask of it; without a target it moves uids to `heir`. */
  const obey = (owner: Owner, heirs: readonly Owner[]): Disposable => {
    let after = "";
    const read = async (): Promise<void> => {
      for (const { id, text } of await scope.readLetters(owner, after, 100)) {
        after = id;
        const letter = parseLetter(text);
        if (letter?.kind !== "move" && letter?.kind !== "release") continue;
        const link = await scope.getLinkedPod(letter.uid);
        if (link?.incarnation !== owner.incarnation) continue;
        const heir = heirs.find(({ pod }) => letter.kind === "move" && pod === letter.to) ?? heirs[0]!;
        if (letter.kind === "release") await scope.removeLinkedPodWithId(letter.uid, link);
        else await scope.commitMove(letter.uid, link, heir);
      }
    };
    return scope.subscribe((event) => {
      if (event.kind === "letter" && event.pod === owner.pod) void read();
    });
  };
  return { acquire, lettersTo, obey };
};

/** A memory store, a router on it, and one clock for both that stands still between the steps of a test. */
export const setUp = (options: Partial<StatefulRouterOptions> = {}) => {
  let nowMs = 1_700_000_000_000;
  const clock = { now: () => nowMs };
  const faulty = faultyStore(new MemoryStore({ clock }));
  const scope = new ServiceScope(faulty.store, name);
  const router = new StatefulRouter({ store: faulty.store, ...name, clock, ...options });
  /** Time passes in thirds of a lease, in which these pods renew. */
  const passLeases = async (leases: number, ...living: Owner[]): Promise<void> => {
    for (let third = 0; third < leases * 3; third++) {
      nowMs += Math.ceil(leaseMs / 3);
      for (const owner of living) await scope.renewPod(owner, podStatus(owner.pod), leaseMs);
    }
  };
  const passMs = (ms: number): void => {
    nowMs += ms;
  };
  return { faulty, scope, router, clock, passLeases, passMs, ...podsOn(scope) };
};

/** For what a router does with events, which differ in their timing. */
export const stores: Readonly<Record<string, () => Promise<StoreUnderTest>>> = {
  memory: async () => {
    const store = new MemoryStore();
    return { store, close: () => store.close() };
  },
  Redis: async () => {
    const redis = await redisForTests();
    const store = new RedisStore({ url: redis.url, ...patient });
    const close = async (): Promise<void> => {
      await store.close();
      await redis[Symbol.asyncDispose]();
    };
    return { store, close };
  },
};
