import { Cache } from "@route/cache";
import type { PlacementPort, PodId, PodRecord } from "@route/executor";

/** What a placement needs of a load balancer; `LoadBalancer` fits. */
export interface SessionBalancer {
  sync(pods: readonly { readonly podId: PodId }[]): void;
  place(options: { readonly key: string }): { readonly podId: PodId | string; release(): void } | undefined;
  setHealth(podId: PodId, healthy: boolean): boolean;
}

/** As many of this gateway's placements are counted. */
const maxSessions = 100_000;

/**
 * Places new links where the fewest sessions of this gateway live, and counts a session as ended when it was long unused.
 * A pod that joins gets none before it has answered a probe: it may renew its lease and yet be deaf.
 */
export class BalancedPlacement implements PlacementPort {
  readonly #balancer: SessionBalancer;
  readonly #sessions: Cache<string, { release(): void }>;
  #known: ReadonlySet<PodId> = new Set();

  constructor(balancer: SessionBalancer, sessionTtlMs: number) {
    this.#balancer = balancer;
    this.#sessions = new Cache({
      maxSize: maxSessions,
      strategy: "lru",
      ttlMs: sessionTtlMs,
      onRemoval: (_uid, session) => session.release(),
    });
  }

  /** Makes the balancer's fleet that of the router. */
  sync(pods: readonly PodId[]): void {
    this.#balancer.sync(pods.map((podId) => ({ podId })));
    for (const pod of pods) if (!this.#known.has(pod)) this.#balancer.setHealth(pod, false);
    this.#known = new Set(pods);
  }

  place(uid: string, candidates: readonly PodRecord[]): PodId | undefined {
    this.sync(candidates.map(({ pod }) => pod));
    const session = this.#balancer.place({ key: uid });
    if (!session || typeof session.podId !== "number") return undefined;
    this.#sessions.set(uid, session);
    return session.podId;
  }

  close(): void {
    this.#sessions.close();
  }
}
