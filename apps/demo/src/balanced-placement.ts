import { Cache } from "@route/cache";
import type { PlacementPort, PodId, PodRecord } from "@route/executor";
import { Standings } from "./standings.ts";

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
 * A pod that joins gets none before it has answered a probe, and a second one only once it has served the first.
 */
export class BalancedPlacement implements PlacementPort {
  readonly #balancer: SessionBalancer;
  readonly #sessions: Cache<string, { release(): void }>;
  readonly #standings: Standings;

  constructor(balancer: SessionBalancer, sessionTtlMs: number) {
    this.#balancer = balancer;
    this.#standings = new Standings((pod, takesNew) => this.#balancer.setHealth(pod, takesNew));
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
    this.#standings.sync(pods);
  }

  place(uid: string, candidates: readonly PodRecord[]): PodId | undefined {
    this.sync(candidates.map(({ pod }) => pod));
    this.#standings.settle();
    const session = this.#balancer.place({ key: uid });
    if (!session || typeof session.podId !== "number") return undefined;
    this.#standings.placed(session.podId);
    this.#sessions.set(uid, session);
    return session.podId;
  }

  /** What a pod's answers say of it: a status that the client was given, and the gateway's own code where it has one. */
  served(pod: PodId, status: number, code: string | undefined): void {
    // 499: the client left before it could be known. Codes of the gateway's that do not name the pod are no fault of it.
    if (status === 499 || (code !== undefined && !code.startsWith("POD_"))) return;
    this.#standings.served(pod, status < 500);
  }

  /** What probes tell; together with `stats` the sink of a probe loop. */
  setHealth(podId: PodId | string, answers: boolean): void {
    if (typeof podId === "number") this.#standings.probed(podId, answers);
  }

  stats(): { readonly pods: readonly { readonly podId: PodId; readonly healthy: boolean }[] } {
    return { pods: this.#standings.answering() };
  }

  close(): void {
    this.#sessions.close();
  }
}
