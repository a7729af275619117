import { vi } from "vitest";
import { type Held, isOver, settle } from "../../src/pod/held.ts";
import type { PodCallbacks } from "../../src/pod/options.ts";
import { PodAgent } from "../../src/pod/pod-agent.ts";
import { StatefulRouter } from "../../src/router/stateful-router.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import type { StatefulStore } from "../../src/store/store.ts";
import type { ServiceName } from "../../src/types.ts";
import { Ledger } from "./ledger.ts";
import { Network, randomOf, wait } from "./network.ts";

export const leaseMs = 1000;
export const marginMs = 100;
const name = { namespace: "model", service: "rooms" };

/** How large a world is, and where its links are kept; by default in memory, in the virtual time of vitest. */
export interface WorldOptions {
  readonly pods?: number;
  readonly routers?: number;
  readonly uids?: number;
  readonly linkLifetimeSeconds?: number;
  readonly service?: string;
  readonly store?: StatefulStore;
  readonly advance?: (ms: number) => Promise<void>;
}

/** A pod's process in the model. Its state is a count for each uid. */
interface PodProcess {
  readonly id: number;
  readonly network: Network;
  readonly counts: Map<string, number>;
  agent: PodAgent;
  /** Frozen processes answer nothing; what is sent to them waits. */
  thaw: (() => void) | undefined;
  frozen: Promise<void> | undefined;
  dead: boolean;
}

/** What a request came to. */
export type Result = { readonly served: number; readonly fence: number } | { readonly failed: string };

/**
 * A fleet in virtual time: agents with drifting clocks, routers and one store, joined by networks that misbehave. Every
 * source of chance is the seed's.
 */
export class World {
  readonly random: () => number;
  readonly pods: PodProcess[] = [];
  readonly routers: { readonly router: StatefulRouter; readonly network: Network }[] = [];
  readonly uids: readonly string[];
  /** What went against the claims. */
  readonly violations: string[] = [];
  readonly ledger: Ledger = new Ledger(this.violations);
  readonly #store: StatefulStore;
  readonly #name: ServiceName;
  /** Lets time pass. */
  readonly advance: (ms: number) => Promise<void>;
  readonly #isVirtual: boolean;
  /** Added to the store's clock; steps stay below the margin. */
  storeStepMs = 0;

  constructor(seed: number, options: WorldOptions = {}) {
    const { pods = 3, routers = 2, uids = 8, linkLifetimeSeconds = 3 } = options;
    this.random = randomOf(seed);
    this.#name = { ...name, service: options.service ?? "rooms" };
    this.#isVirtual = options.advance === undefined;
    this.advance = options.advance ?? (async (ms) => void (await vi.advanceTimersByTimeAsync(ms)));
    this.uids = Array.from({ length: uids }, (_, index) => `u${index}`);
    this.#store = options.store ?? new MemoryStore({ clock: { now: () => Date.now() + this.storeStepMs } });
    for (let id = 0; id < pods; id++) this.addPod(id);
    for (let index = 0; index < routers; index++) {
      const network = new Network(this.random);
      const store = network.wrap(this.#store);
      const router = new StatefulRouter({
        store,
        ...this.#name,
        linkLifetimeSeconds,
        hintMaxAgeMs: 2000,
        podRefreshMs: 100,
      });
      this.routers.push({ router, network });
    }
  }

  addPod(id: number): void {
    const network = new Network(this.random);
    const counts = new Map<string, number>();
    const agent = this.#agent(id, network, counts);
    this.pods[id] = { id, network, counts, agent, thaw: undefined, frozen: undefined, dead: false };
    agent.start().catch(() => undefined);
  }

  /** Ends the process at once, without a word to the store. */
  kill(pod: PodProcess): void {
    pod.dead = true;
    pod.network.cut = true;
    void pod.agent.stop({ graceMs: 0 });
  }

  freeze(pod: PodProcess): void {
    pod.network.cut = true;
    pod.frozen ??= new Promise((resolve) => {
      pod.thaw = resolve;
    });
  }

  thaw(pod: PodProcess): void {
    pod.network.cut = false;
    pod.thaw?.();
    pod.frozen = undefined;
  }

  /** Asks the pod to move all that it holds. */
  moveAll({ agent }: PodProcess): void {
    for (const uid of agent.held()) void agent.move(uid);
  }

  /** Asks the pod to let everything go. */
  releaseAll({ agent }: PodProcess): void {
    for (const uid of agent.held()) void agent.release(uid);
  }

  /** Ends the process as an operator does: its uids go to others or wait for its next life, which begins at once. */
  async restart(pod: PodProcess, to: "move" | "hold"): Promise<void> {
    await pod.agent.drain({ to, concurrency: 2, returnMs: 5 * leaseMs }).catch(() => undefined);
    await pod.agent.stop({ graceMs: 100 });
    if (pod.dead || this.pods[pod.id] !== pod) return;
    pod.dead = true;
    this.addPod(pod.id);
  }

  /** One request of a client: resolve, ask the pod, and again after a refusal, as a gateway does, for a second. */
  async request(
    uid: string,
    { router } = this.routers[Math.floor(this.random() * this.routers.length)]!,
  ): Promise<Result> {
    let failed = "refused";
    const endMs = performance.now() + 1000;
    for (let attempt = 0; attempt < 2 || performance.now() < endMs; attempt++) {
      if (attempt > 1) await wait(10);
      try {
        const route = await router.resolve(uid);
        const pod = this.pods[route.pod];
        if (!pod || pod.dead) return { failed: "no connection" };
        await pod.frozen;
        const held = pod.agent.admit(uid, route.fence) ?? (await pod.agent.adopt(uid, route.fence)).held;
        if (held && held.fence !== route.fence) {
          this.violations.push(
            `pod ${pod.id} took ${uid} for fence ${route.fence}, which it holds under ${held.fence}`,
          );
        }
        if (held && !isOver(held)) return await this.#serve(uid, pod, held);
        router.forget(uid);
      } catch (error) {
        failed = (error as Error).message;
      }
    }
    return { failed };
  }

  /** C1, as of this instant: at most one pod may serve a uid. */
  check(): void {
    for (const uid of this.uids) {
      const holders = this.pods.filter(({ agent, dead }) => !dead && agent.holds(uid)).map(({ id }) => id);
      if (holders.length > 1) this.violations.push(`at ${Date.now()} ${uid} is held by pods ${holders.join(" and ")}`);
    }
  }

  /** What user code does behind the guard: it takes its time, and counts unless it was told that the uid is lost. */
  async #serve(uid: string, pod: PodProcess, held: Held): Promise<Result> {
    this.check();
    // In real time the lease may end between the guard's look and this one.
    if (this.#isVirtual && !pod.agent.holds(uid)) {
      this.violations.push(`pod ${pod.id} served ${uid} without holding it`);
    }
    held.inFlight++;
    await wait(this.random() * 20);
    const { fence, signal } = held.ownership;
    if (!signal.aborted) {
      this.check();
      pod.counts.set(uid, (pod.counts.get(uid) ?? 0) + 1);
      this.ledger.served(uid, pod.id, fence);
    }
    settle(held);
    return signal.aborted ? { failed: "lost in flight" } : { served: pod.id, fence };
  }

  #agent(id: number, network: Network, counts: Map<string, number>): PodAgent {
    // Within a lease these drift apart from the store's clock by less than the margin.
    const rate = 1 + (this.random() - 0.5) * 0.1;
    const offsetMs = this.random() * 1e6;
    const clock = { now: () => offsetMs + performance.now() * rate };
    const store = network.wrap(this.#store);
    const callbacks: PodCallbacks = {
      onAcquire: async (uid, { state }) => {
        await wait(this.random() * 10);
        if (state !== undefined) this.ledger.acquired(uid, id, `${state}`);
        counts.set(uid, state === undefined ? 0 : Number(state));
      },
      onRelease: (uid) => {
        const take = (): string => {
          const count = `${counts.get(uid) ?? 0}`;
          counts.delete(uid);
          this.ledger.released(uid, count);
          return count;
        };
        // A state at hand leaves by another way than one that takes its time.
        return this.random() < 0.5 ? take() : wait(this.random() * 10).then(take);
      },
      onLost: (uid) => void counts.delete(uid),
      onIdle: (uid) => void counts.delete(uid),
    };
    const clocks = { clock, wallClock: clock };
    const times = { leaseMs, marginMs, quietMs: 200, ...clocks };
    return new PodAgent({ store, ...this.#name, id, address: `pod-${id}:1`, ...times, ...callbacks });
  }
}
