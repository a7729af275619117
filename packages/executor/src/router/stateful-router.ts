import QuickLRU from "quick-lru";
import { ExecutorError, type ExecutorErrorCode } from "../errors.ts";
import { TwoChoices } from "../placement/two-choices.ts";
import type { Clock, NearCachePort, PlacementPort } from "../ports.ts";
import { ServiceScope } from "../scope/service-scope.ts";
import type { StatefulStore } from "../store/store.ts";
import { monotonicClock } from "../time.ts";
import type { Link, LinkLifetime, PodRecord, ServiceName } from "../types.ts";
import { checkLifetime, checkOption, checkUid } from "../validate.ts";
import { PodTable } from "./pod-table.ts";

/** Where a request goes: the pod, and the fence that the pod must hold for the uid. */
export interface Route extends Link {
  /** `host:port` of the pod. */
  readonly address: string;
  /** `hint`: from the near cache, no I/O. `store`: read now. `placed`, `taken-over`: linked by this call. */
  readonly source: "hint" | "store" | "placed" | "taken-over";
}

/** A remembered link. */
export interface Hint {
  readonly link: Link;
  readonly readAtMs: number;
}

/** Options of {@link StatefulRouter}. */
export interface StatefulRouterOptions extends ServiceName {
  /** Not closed by the router. */
  readonly store: StatefulStore;
  /** How long a new link outlives its last renewal by its pod, in seconds, or "persistent". Default 3600. At least two leases. */
  readonly linkLifetimeSeconds?: LinkLifetime;
  /** Chooses the pod of a new link. Default: the freer of two random ones. */
  readonly placement?: PlacementPort;
  /** A hint older than this is read again, in milliseconds. Default 5000. */
  readonly hintMaxAgeMs?: number;
  /** Holds the hints. Default: a quick-lru of 10000. */
  readonly nearCache?: NearCachePort<Hint>;
  /** The copy of the pod table is renewed at this age, in milliseconds. Default 500. */
  readonly podRefreshMs?: number;
  readonly clock?: Clock;
}

const defaults = Object.freeze({ linkLifetimeSeconds: 3600, hintMaxAgeMs: 5000, hints: 10_000, podRefreshMs: 500 });

/** Dead owners are found one after the other when several pods die at once; more rounds than this mean a fault. */
const maxRounds = 8;

const storeFaults: ReadonlySet<ExecutorErrorCode> = new Set(["UNAVAILABLE", "TIMEOUT", "OVERLOADED", "READ_ONLY"]);

/** Finds the pod that holds a uid's state, and links a uid that has none. One per service and gateway process. */
export class StatefulRouter {
  readonly #scope: ServiceScope;
  readonly #pods: PodTable;
  readonly #placement: PlacementPort;
  readonly #hints: NearCachePort<Hint>;
  readonly #linkLifetimeSeconds: LinkLifetime;
  readonly #hintMaxAgeMs: number;
  readonly #clock: Clock;

  constructor(options: StatefulRouterOptions) {
    this.#scope = new ServiceScope(options.store, options);
    this.#clock = options.clock ?? monotonicClock;
    this.#placement = options.placement ?? new TwoChoices();
    this.#linkLifetimeSeconds = checkLifetime(options.linkLifetimeSeconds ?? defaults.linkLifetimeSeconds);
    this.#hintMaxAgeMs = checkOption("hintMaxAgeMs", options.hintMaxAgeMs ?? defaults.hintMaxAgeMs, 0, 3_600_000);
    this.#hints = options.nearCache ?? new QuickLRU<string, Hint>({ maxSize: defaults.hints });
    const refreshMs = checkOption("podRefreshMs", options.podRefreshMs ?? defaults.podRefreshMs, 1, 60_000);
    this.#pods = new PodTable(this.#scope, this.#clock, refreshMs);
  }

  /**
   * The pod of `uid`, linked now if need be. Without I/O where a hint is at hand. Rejects with `INVALID_ARGUMENT`,
   * `NO_LIVE_POD`, `OWNER_UNREACHABLE` (with `retryAfterMs`), or the store's own error where no hint helps.
   */
  async resolve(uid: string): Promise<Route> {
    const hint = this.peek(uid);
    if (hint) return hint;
    try {
      return await this.#locate(uid);
    } catch (error) {
      // Without the store an old hint is better than none: the pod is the arbiter.
      const storeIsAway = error instanceof ExecutorError && storeFaults.has(error.code);
      const route = storeIsAway ? this.#routeOfHint(uid, Number.POSITIVE_INFINITY) : undefined;
      if (route) return route;
      throw error;
    }
  }

  /** The pod of `uid` as far as this process knows without I/O, or `undefined`. Throws `INVALID_ARGUMENT`. */
  peek(uid: string): Route | undefined {
    this.#pods.refreshIfOld();
    const route = this.#routeOfHint(checkUid(uid), this.#hintMaxAgeMs);
    const record = route && this.#pods.get(route.pod);
    return record && this.#pods.leaseLeftMs(record) > 0 ? route : undefined;
  }

  /** Forgets what is known of `uid` and of the pods: a pod has refused it. The next `resolve` reads the store. */
  forget(uid: string): void {
    this.#hints.delete(uid);
    this.#pods.expire();
  }

  /** Reads the pod table again now: a pod did not answer. */
  async refreshPods(): Promise<void> {
    await this.#pods.refresh();
  }

  /** All pods on record as of the last refresh, at most `podRefreshMs` old. */
  async pods(): Promise<readonly PodRecord[]> {
    await this.#pods.recent();
    return this.#pods.all();
  }

  async #locate(uid: string): Promise<Route> {
    let source: Route["source"] = "store";
    let link = await this.#scope.getLinkedPod(uid);
    for (let round = 0; round < maxRounds; round++) {
      if (!link) {
        const answer = await this.#place(uid);
        link = answer.link;
        if (answer.created) source = "placed";
      }
      const route = await this.#routeTo(uid, link, source);
      if (route) return route;
      const answer = await this.#takeOver(uid, link);
      link = answer.link;
      if (answer.taken) source = "taken-over";
    }
    const message = `the owner of ${JSON.stringify(uid)} changed ${maxRounds} times while it was resolved`;
    throw new ExecutorError("OWNER_UNREACHABLE", message, {
      retryable: true,
      retryAfterMs: 1000,
      operation: "resolve",
    });
  }

  /** The route if the link's incarnation lives; `undefined` if it can never serve again. Throws while that is open. */
  async #routeTo(uid: string, link: Link, source: Route["source"]): Promise<Route | undefined> {
    await this.#pods.recent();
    let record = this.#pods.get(link.pod);
    // A pod that joined, or whose lease seems to end, may have renewed since the copy was read.
    if (!record || record.incarnation < link.incarnation || this.#pods.leaseLeftMs(record) <= 0) {
      await this.#pods.refresh();
      record = this.#pods.get(link.pod);
    }
    const known = record?.incarnation === link.incarnation ? record : undefined;
    if (known && !known.sealed && this.#pods.leaseLeftMs(known) > 0) {
      this.#hints.set(uid, { link, readAtMs: this.#clock.now() });
      return { ...link, address: known.address, source };
    }
    if (known?.sealed || (record && record.incarnation > link.incarnation)) return undefined;
    const seal = await this.#scope.sealPod(link);
    if (seal.sealed) {
      await this.#pods.refresh();
      return undefined;
    }
    if (seal.reason === "alive") await this.#pods.refresh();
    const message = `pod ${link.pod}, which owns ${JSON.stringify(uid)}, does not renew its lease (${seal.reason})`;
    const retryAfterMs = Math.max(seal.waitMs, 1);
    throw new ExecutorError("OWNER_UNREACHABLE", message, { retryable: true, retryAfterMs, operation: "resolve" });
  }

  async #place(uid: string): Promise<{ link: Link; created: boolean }> {
    await this.#pods.recent();
    return this.#scope.setLinkedPodIfAbsent(uid, await this.#choose(uid), this.#linkLifetimeSeconds);
  }

  async #takeOver(uid: string, dead: Link): Promise<{ link: Link | undefined; taken: boolean }> {
    // The next life of the same pod first: it may have kept the state on disk.
    const again = this.#pods.get(dead.pod);
    const target = again && this.#takesNew(again) ? again : await this.#choose(uid);
    return this.#scope.takeOver(uid, dead, target);
  }

  async #choose(uid: string): Promise<PodRecord> {
    let candidates = this.#pods.all().filter((record) => this.#takesNew(record));
    if (candidates.length === 0) {
      await this.#pods.refresh();
      candidates = this.#pods.all().filter((record) => this.#takesNew(record));
    }
    const pod = candidates.length > 0 ? this.#placement.place(uid, candidates) : undefined;
    const chosen = candidates.find((record) => record.pod === pod);
    if (chosen) return chosen;
    const message = `no pod of ${this.#scope.name.namespace}/${this.#scope.name.service} takes new links`;
    throw new ExecutorError("NO_LIVE_POD", message, { retryable: true, retryAfterMs: 1000, operation: "resolve" });
  }

  #takesNew(record: PodRecord): boolean {
    return record.state === "ready" && !record.sealed && this.#pods.leaseLeftMs(record) > 0;
  }

  #routeOfHint(uid: string, maxAgeMs: number): Route | undefined {
    const hint = this.#hints.get(uid);
    if (!hint || this.#clock.now() - hint.readAtMs > maxAgeMs) return undefined;
    const record = this.#pods.get(hint.link.pod);
    if (record?.incarnation !== hint.link.incarnation || record.sealed) return undefined;
    return { ...hint.link, address: record.address, source: "hint" };
  }
}
