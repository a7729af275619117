import { Cache } from "@route/cache";
import type { PlacementPort, PodId, PodRecord } from "@route/executor";

/** What a placement needs of a load balancer; `LoadBalancer` fits. */
export interface SessionBalancer {
  sync(pods: readonly { readonly podId: PodId }[]): void;
  place(options: { readonly key: string }): { readonly podId: PodId | string; release(): void } | undefined;
}

/** As many of this gateway's placements are counted. */
const maxSessions = 100_000;

/** Places new links where the fewest sessions of this gateway live, and counts a session as ended when it was long unused. */
export class BalancedPlacement implements PlacementPort {
  readonly #balancer: SessionBalancer;
  readonly #sessions: Cache<string, { release(): void }>;

  constructor(balancer: SessionBalancer, sessionTtlMs: number) {
    this.#balancer = balancer;
    this.#sessions = new Cache({
      maxSize: maxSessions,
      strategy: "lru",
      ttlMs: sessionTtlMs,
      onRemoval: (_uid, session) => session.release(),
    });
  }

  place(uid: string, candidates: readonly PodRecord[]): PodId | undefined {
    this.#balancer.sync(candidates.map(({ pod }) => ({ podId: pod })));
    const session = this.#balancer.place({ key: uid });
    if (!session || typeof session.podId !== "number") return undefined;
    this.#sessions.set(uid, session);
    return session.podId;
  }

  close(): void {
    this.#sessions.close();
  }
}
