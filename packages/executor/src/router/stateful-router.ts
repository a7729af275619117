import type { CallOptions } from "../calls.ts";
import type { ExecutorError } from "../errors.ts";
import type { StoreEvent } from "../store/answers.ts";
import type { PodId, PodRecord } from "../types.ts";
import { checkPodId, checkUid } from "../validate.ts";
import { resolveBatch } from "./batch.ts";
import { routerClosed } from "./closed.ts";
import { type Explanation, explain } from "./explain.ts";
import type { MoveOptions } from "./moves.ts";
import { News } from "./news.ts";
import { assemble, type RouterParts } from "./parts.ts";
import { type PlannedMoves, type RebalanceOptions, rebalance } from "./rebalance.ts";
import type { Route } from "./route.ts";
import type { StatefulRouterOptions } from "./router-options.ts";
import { Watch, type WatchOptions } from "./watch.ts";

/** Finds the pod that holds a uid's state, and links a uid that has none. One per service and gateway process. */
export class StatefulRouter {
  readonly #parts: RouterParts;
  readonly #news: News;
  readonly #watches = new Set<Watch>();
  #isClosed = false;

  constructor(options: StatefulRouterOptions) {
    this.#parts = assemble(options, () => this.#checkOpen());
    const onFailover = (): void => this.#hear({ kind: "gap" });
    this.#news = new News({ scope: this.#parts.scope, onEvent: (event) => this.#hear(event), onFailover });
  }

  /**
   * The pod of `uid`, linked now if need be. Without I/O where a hint is at hand; else one conversation with the store,
   * shared by all who ask for the uid meanwhile. Waits while the uid is moving. Rejects with `INVALID_ARGUMENT`,
   * `NO_LIVE_POD`, `OWNER_UNREACHABLE` (with `retryAfterMs`), `OVERLOADED` (too many wait), `CLOSED`, or the store's own
   * error where no hint helps. With `timeoutMs` it is tried again until then where that may help.
   */
  async resolve(uid: string, options: CallOptions = {}): Promise<Route> {
    this.#open();
    return this.peek(uid) ?? this.#parts.resolver.resolve(uid, options);
  }

  /**
   * The pods of many uids: a route or an error for each, in no order. Uids without a hint cost one read per 4096, those
   * without a living owner what `resolve` costs. Rejects with `INVALID_ARGUMENT` or `CLOSED`.
   */
  async resolveMany(uids: readonly string[], options: CallOptions = {}): Promise<Map<string, Route | ExecutorError>> {
    this.#open();
    const answers = new Map<string, Route | ExecutorError>();
    const unknown = new Set<string>();
    for (const uid of uids) {
      const hint = this.peek(uid);
      if (hint) answers.set(uid, hint);
      else unknown.add(uid);
    }
    await resolveBatch(this.#parts, [...unknown], options, answers);
    return answers;
  }

  /** The pod of `uid` as far as this process knows without I/O, or `undefined`. Throws `INVALID_ARGUMENT`. */
  peek(uid: string): Route | undefined {
    if (this.#isClosed) return undefined;
    const { clock, pods, hints, hintMaxAgeMs } = this.#parts;
    const nowMs = clock.now();
    pods.refreshIfOld(nowMs);
    this.#news.checkReplication(nowMs);
    const route = hints.follow(uid, hintMaxAgeMs, nowMs);
    // A uid that has a hint was checked before.
    if (!route) checkUid(uid);
    return route;
  }

  /** Forgets what is known of `uid` and of the pods: a pod has refused it. The next `resolve` reads the store. */
  forget(uid: string): void {
    const { hints, flights, pods } = this.#parts;
    hints.forget(uid);
    flights.leave(uid);
    pods.expire();
  }

  /** Reads the pod table again now: a pod did not answer. */
  async refreshPods(): Promise<void> {
    await this.#parts.pods.refresh();
  }

  /** All pods on record as of the last refresh, at most `podRefreshMs` old. */
  async pods(): Promise<readonly PodRecord[]> {
    await this.#parts.pods.recent();
    return this.#parts.pods.all();
  }

  /**
   * Links `uid` to the present life of `pod`, which said that it holds it, unless it is linked already. Answers the route
   * that holds. Rejects as `resolve` does; with `NO_LIVE_POD` if the pod does not live.
   */
  async learn(uid: string, pod: PodId, options: CallOptions = {}): Promise<Route> {
    this.#open();
    return this.#parts.moves.learn(checkUid(uid), checkPodId(pod), options);
  }

  /**
   * Asks the owner to hand `uid` over, and waits until it has: answers the new route, or `undefined` if the uid has no
   * link. The uids of a dead owner are taken over as `resolve` does. Rejects with `NO_LIVE_POD` if `to` takes no uids,
   * with `TIMEOUT` (default 10000 ms) if the owner did not comply; it may do so later.
   */
  async move(uid: string, options: MoveOptions = {}): Promise<Route | undefined> {
    this.#open();
    return this.#parts.moves.move(checkUid(uid), options);
  }

  /**
   * Asks the owner to let `uid` go, and waits until its link is gone. False if there was none. The link of a dead owner
   * is removed. Rejects with `TIMEOUT` (default 10000 ms) if the owner did not comply; it may do so later.
   */
  async release(uid: string, options: CallOptions = {}): Promise<boolean> {
    this.#open();
    return this.#parts.moves.release(checkUid(uid), options);
  }

  /**
   * Levels what the ready pods hold with the fewest moves, within the budget, `maxLinks` and the rules of placement.
   * Answers what it asked the owners for; they do it later. Goes by what the pods said last, so let one plan be carried
   * out (a lease longer than its moves take) before the next. One letter for each pair of pods.
   */
  async rebalance(options: RebalanceOptions): Promise<PlannedMoves[]> {
    this.#open();
    return rebalance(this.#parts, options);
  }

  /** Says why `uid` is where it is, or where it could go. Reads the link and the pods; changes nothing. */
  async explain(uid: string, options: CallOptions = {}): Promise<Explanation> {
    this.#open();
    return explain(this.#parts, uid, options);
  }

  /** What happens to the service, as it comes; each iteration has a queue of its own. Throws `CLOSED`, `INVALID_ARGUMENT`. */
  watch(options: WatchOptions = {}): Watch {
    this.#checkOpen();
    const subscribe = (listener: (event: StoreEvent) => void): Disposable => this.#parts.scope.subscribe(listener);
    return new Watch(subscribe, options, this.#watches);
  }

  /** Stops listening to the store, and ends what waits. Does not close the store. Closing twice is fine. */
  close(): void {
    this.#isClosed = true;
    this.#news.close();
    this.#parts.waits.close();
    for (const watch of this.#watches) watch.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw routerClosed();
  }

  #open(): void {
    this.#checkOpen();
    this.#news.listen();
  }

  #hear(event: StoreEvent): void {
    const { hints, pods, waits, flights } = this.#parts;
    if (event.kind === "gap") {
      hints.doubt();
      pods.expire();
    } else if (event.kind === "pod") pods.reread();
    else if (event.kind === "link") {
      hints.hear(event.uid, event.link);
      // A read under way may know less than those who are woken.
      if (waits.wake(event.uid)) flights.leave(event.uid);
    }
  }
}
