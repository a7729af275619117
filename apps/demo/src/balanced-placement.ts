import { Cache } from "@route/cache";
import type { PlacementPort, PodId, PodRecord } from "@route/executor";
import { Standings } from "./standings.ts";

/** What a placement needs of a load balancer; `LoadBalancer` fits. */
export interface SessionBalancer {
  sync(pods: readonly { readonly podId: PodId }[]): void;
  place(options: { readonly key: string }): { readonly podId: PodId | string; release(): void } | undefined;
  setHealth(podId: PodId, healthy: boolean): boolean;
}

/** Asks the owner of a uid to hand it over to the pod `to`; resolves when it has, or does not. */
export type RequestMove = (uid: string, to: PodId) => Promise<unknown>;

/** As many of this gateway's placements are counted. */
const maxSessions = 100_000;

/**
 * Places new links where the fewest sessions of this gateway live, and counts a session as ended when it was long unused.
 * A pod that joins gets none before it has answered a probe, and a second one only once it has served the first. Users
 * whom a pod fails that has never served anybody are moved on.
 */
export class BalancedPlacement implements PlacementPort {
  readonly #balancer: SessionBalancer;
  readonly #sessions: Cache<string, { release(): void }>;
  readonly #standings: Standings;
  readonly #requestMove: RequestMove;
  /** Uids whose move was asked for and is not done. */
  readonly #moving = new Set<string>();

  constructor(balancer: SessionBalancer, sessionTtlMs: number, requestMove: RequestMove) {
    this.#balancer = balancer;
    this.#requestMove = requestMove;
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
    return this.#place(uid);
  }

  /** What a pod's answer to `uid` says of it: a status that the client was given, and the gateway's own code where it has one. */
  served(pod: PodId, uid: string, status: number, code: string | undefined): void {
    // 499: the client left before it could be known. Codes of the gateway's that do not name the pod are no fault of it.
    if (status === 499 || (code !== undefined && !code.startsWith("POD_"))) return;
    const ok = status < 500;
    this.#standings.served(pod, ok);
    if (!ok && !this.#standings.isProven(pod)) this.#moveOn(uid, pod);
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

  #place(uid: string): PodId | undefined {
    const session = this.#balancer.place({ key: uid });
    if (!session || typeof session.podId !== "number") return undefined;
    this.#standings.placed(session.podId);
    this.#sessions.set(uid, session);
    return session.podId;
  }

  // Only who was sent there by this gateway: others may have state with the pod.
  #moveOn(uid: string, from: PodId): void {
    if (this.#moving.has(uid) || !this.#sessions.has(uid)) return;
    const to = this.#place(uid);
    if (to === undefined || to === from) return;
    this.#moving.add(uid);
    const done = (): void => void this.#moving.delete(uid);
    // If it does not succeed, the next failure asks again.
    this.#requestMove(uid, to).then(done, done);
  }
}
