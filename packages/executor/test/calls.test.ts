import { describe, expect, it } from "vitest";
import { ExecutorError } from "../src/errors.ts";
import { StatefulExecutor } from "../src/executor.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import type { StatefulStore } from "../src/store/store.ts";
import { faultyStore } from "./faulty-store.ts";
import { patient } from "./waiting.ts";

const service = { namespace: "n", service: "s" };
const scopeOn = (store: StatefulStore, timeoutMs?: number) =>
  new StatefulExecutor({ store, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).scope(service);

/** A store that never answers. */
const mute = () =>
  new Proxy(new MemoryStore(), { get: () => () => new Promise(() => undefined) }) as unknown as StatefulStore;

const failingTimes = (count: number, outcome: "not-applied" | "unknown") => {
  const calls: string[] = [];
  const memory = new MemoryStore();
  const store = new Proxy<StatefulStore>(memory, {
    get:
      (target, name: keyof StatefulStore) =>
      async (...args: unknown[]) => {
        calls.push(name);
        if (calls.length <= count) throw new ExecutorError("UNAVAILABLE", "away", { retryable: true, outcome });
        return (target[name] as (...args: unknown[]) => unknown).apply(memory, args);
      },
  });
  return { store, calls };
};

describe("deadlines and signals", () => {
  it("TIMEOUT at the deadline: unknown for a write, not applied for a read", async () => {
    const scope = scopeOn(mute());
    const options = { timeoutMs: 10 };
    const write = scope.setLinkedPod("u", { pod: 0 }, 60, options);
    await expect(write).rejects.toMatchObject({ code: "TIMEOUT", outcome: "unknown", operation: "setLinkedPod" });
    await expect(scope.getLinkedPod("u", options)).rejects.toMatchObject({ code: "TIMEOUT", outcome: "not-applied" });
    await expect(scope.computeLinkIfAbsent("u", 60, undefined, options)).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(scopeOn(mute(), 10).getServiceState()).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("ABORTED at once where the signal is aborted, and as soon as it is", async () => {
    const scope = scopeOn(mute());
    const abort = new AbortController();
    const waiting = scope.removeLinkedPod("u", { signal: abort.signal });
    abort.abort(new Error("user left"));
    await expect(waiting).rejects.toMatchObject({
      code: "ABORTED",
      outcome: "unknown",
      cause: { message: "user left" },
    });
    const late = scope.removeLinkedPod("u", { signal: abort.signal });
    await expect(late).rejects.toMatchObject({ code: "ABORTED", outcome: "not-applied" });
  });

  it("holds for leases and held links too", async () => {
    const scope = scopeOn(mute());
    const options = { timeoutMs: 10 };
    const owner = { pod: 0, incarnation: 1 };
    const status = { address: "a:1", revision: "", state: "ready", load: 0 } as const;
    const link = { ...owner, fence: 1, lifetimeSeconds: 60, origin: "new" } as const;
    const calls = {
      acquirePod: scope.acquirePod(0, "token", status, 1000, options),
      renewPod: scope.renewPod(owner, status, 1000, options),
      releasePod: scope.releasePod(owner, options),
      sealPod: scope.sealPod(owner, options),
      pods: scope.pods(options),
      takeOver: scope.takeOver("u", link, { pod: 1, incarnation: 2 }, options),
      renewLinks: scope.renewLinks(owner, [{ uid: "u", ...link }], options),
    };
    const ends = Object.entries(calls).map(([operation, call]) =>
      expect(call, operation).rejects.toMatchObject({ code: "TIMEOUT", operation }),
    );
    await Promise.all(ends);
    const signal = AbortSignal.abort();
    await expect(scope.renewPod(owner, status, 1000, { signal })).rejects.toMatchObject({
      code: "ABORTED",
      outcome: "not-applied",
    });
  });

  it("sends again within the deadline what was not applied, and reads", async () => {
    const refused = failingTimes(2, "not-applied");
    const scope = scopeOn(refused.store);
    expect(await scope.setLinkedPodIfAbsent("u", { pod: 0 }, 60, { ...patient })).toMatchObject({
      created: true,
    });
    expect(refused.calls).toHaveLength(3);
    const lost = failingTimes(1, "unknown");
    expect(await scopeOn(lost.store).getLinkedPod("u", { ...patient })).toBeUndefined();
    expect(lost.calls).toHaveLength(2);
  });

  it("never sends again what may have been applied, nor anything without a deadline", async () => {
    const faulty = faultyStore(new MemoryStore());
    faulty.fault = () => "after";
    const scope = scopeOn(faulty.store);
    const write = scope.setLinkedPod("u", { pod: 0 }, 60, { ...patient });
    await expect(write).rejects.toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
    await expect(scope.getLinkedPod("u")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(faulty.calls).toEqual(["setLink", "getLink"]);
  });
});

describe("validation", () => {
  const scope = scopeOn(new MemoryStore());
  const refused = (call: Promise<unknown>, message: RegExp) =>
    expect(call).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });

  it("refuses bad names, pods, lifetimes, states and batches before anything is sent", async () => {
    const executor = new StatefulExecutor({ store: new MemoryStore() });
    for (const bad of ["", "a{b", "a}b", "a:b", "a\nb"]) {
      expect(() => executor.scope({ namespace: bad, service: "s" })).toThrow(/namespace must be/);
      expect(() => executor.scope({ namespace: "n", service: bad })).toThrow(/service must be/);
      await refused(scope.getWorkloadStateBatch([bad]), /service must be/);
    }
    for (const uid of ["", "a{b", "a}b", "\u0000", "\ud800"]) await refused(scope.getLinkedPod(uid), /uid must be/);
    await refused(scope.batchGetLinkedPod(["ok", ""]), /uid must be/);
    for (const pod of [-1, 0.5, Number.NaN, 2 ** 31, "0" as unknown as number]) {
      await refused(scope.setLinkedPod("u", { pod }, 60), /pod must be an integer/);
      await refused(scope.setServiceState(pod, "x"), /pod must be an integer/);
    }
    for (const seconds of [0, -1, 1.5, 2 ** 31]) {
      await refused(scope.setLinkedPodIfAbsent("u", { pod: 0 }, seconds), /lifetimeSeconds must be/);
      await refused(scope.computeLinkIfAbsent("u", seconds), /lifetimeSeconds must be/);
    }
    await refused(scope.removeLinkedPod("u", { graceSeconds: -1 }), /graceSeconds must be/);
    await refused(scope.removeLinkedPodWithId("u", { pod: 0, fence: -1 }), /fence must be/);
    await refused(scope.setServiceState(0, "  "), /state must be text that is not blank/);
    await refused(scope.setWorkloadState("x".repeat(65_537)), /state must be at most 65536 bytes/);
    await refused(scope.batchGetLinkedPod(new Array(4097).fill("u")), /uids must be an array of at most 4096/);
    await refused(scope.getLinkedPod("u", { timeoutMs: -1 }), /timeoutMs must be/);
    expect(() => new StatefulExecutor({ store: new MemoryStore(), timeoutMs: 0 })).toThrow(RangeError);
  });
});
