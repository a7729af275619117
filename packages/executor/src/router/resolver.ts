import type { CallOptions } from "../calls.ts";
import { ExecutorError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { Flights } from "./flights.ts";
import type { Hints } from "./hints.ts";
import { type LinkWaits, pollMs } from "./link-waits.ts";
import type { Known, Locator } from "./locator.ts";
import type { Route } from "./route.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import { whileWanted } from "./wanted.ts";

/** What {@link Resolver} works with. */
export interface ResolverOptions {
  readonly locator: Locator;
  readonly flights: Flights<Route>;
  readonly hints: Hints;
  readonly waits: LinkWaits;
  readonly room: WaitingRoom;
  readonly clock: Clock;
  readonly moveWaitMs: number;
  /** Throws once the router is closed. */
  readonly checkOpen: () => void;
}

// While the masters of a Cluster change, a call may be sent in a circle.
const storeFaults: ReadonlySet<string> = new Set(["UNAVAILABLE", "TIMEOUT", "READ_ONLY", "TOPOLOGY"]);

const isStoreFault = (error: unknown): boolean => {
  if (!(error instanceof ExecutorError)) return false;
  const { code, operation } = error;
  // The store's own overload, not that of the router's waiting room.
  return storeFaults.has(code) || (code === "OVERLOADED" && operation !== "resolve");
};

/**
 * A store that does not answer so soon is away or busy. Then an old hint is followed: the pod that holds the uid serves
 * it all the while, and one that does not refuses. Ten times what a read takes in a data centre.
 */
const patienceMs = 50;

const soonOr = async (asked: Promise<Route>, follow: () => Route | undefined): Promise<Route> => {
  const { promise, resolve } = Promise.withResolvers<Route>();
  const timer = setTimeout(() => {
    // Gone by now if the uid is known to be moving: that is worth the wait.
    const hint = follow();
    if (hint) resolve(hint);
  }, patienceMs);
  try {
    return await Promise.race([asked, promise]);
  } finally {
    clearTimeout(timer);
    // What comes later is remembered; if nothing does, the hint was all there is.
    asked.catch(() => undefined);
  }
};

/** Locates uids, one conversation with the store per uid at a time, and waits where a uid is moving. */
export class Resolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  async resolve(uid: string, options: CallOptions, known?: Known): Promise<Route> {
    const asked = this.#ask(uid, options, known);
    const follow = (): Route | undefined => this.#options.hints.followBlindly(uid);
    return !known && follow() ? soonOr(asked, follow) : asked;
  }

  async #ask(uid: string, options: CallOptions, known: Known | undefined): Promise<Route> {
    let first = known;
    try {
      return await whileWanted("resolve", options, (unwanted) => {
        const route = this.#settle(uid, unwanted, first);
        // Old by the time of another try.
        first = undefined;
        return route;
      });
    } catch (error) {
      // Without the store an old hint is better than none: the pod is the arbiter.
      const route = isStoreFault(error) ? this.#options.hints.followBlindly(uid) : undefined;
      if (route) return route;
      throw error;
    }
  }

  /**
   * One conversation with the store: the route as it stands, moving or not. What is `known` was read just now: what is
   * under way may have begun with less.
   */
  async locate(uid: string, known?: Known): Promise<Route> {
    const { flights, locator, checkOpen } = this.#options;
    checkOpen();
    if (known) flights.leave(uid);
    return flights.run(uid, () => locator.find(uid, known));
  }

  async #settle(uid: string, unwanted: AbortSignal, known: Known | undefined): Promise<Route> {
    const route = await this.locate(uid, known);
    if (!route.moving || this.#options.moveWaitMs === 0) return route;
    const { room } = this.#options;
    room.enter();
    try {
      return await this.#awaitMove(uid, route, unwanted);
    } finally {
      room.leave();
    }
  }

  // A move that does not end leads to the present owner all the same: the pod is the arbiter.
  async #awaitMove(uid: string, first: Route, unwanted: AbortSignal): Promise<Route> {
    const { waits, clock, moveWaitMs } = this.#options;
    const endMs = clock.now() + moveWaitMs;
    let route = first;
    for (let round = 0; route.moving && !unwanted.aborted; round++) {
      const leftMs = endMs - clock.now();
      if (leftMs <= 0) break;
      await waits.wait(uid, Math.min(pollMs(round), leftMs), unwanted);
      route = await this.locate(uid);
    }
    return route;
  }
}
