import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { Owner, Tenure } from "../types.ts";
import type { Adoption } from "./adoption.ts";
import type { Exclusive } from "./exclusive.ts";
import { type Departure, HandOver, type HandOverOptions, type ReleaseReason, type Steps } from "./hand-over.ts";
import { fireSignal, type Held } from "./held.ts";
import type { HeldTable } from "./held-table.ts";

/** What came of a departure, and of a move the fence of the new owner. */
export interface Left {
  readonly departure: Departure;
  readonly fence?: number | undefined;
}

/** What {@link Departures} works with. */
export interface DeparturesOptions extends Pick<HandOverOptions, "onRelease" | "onAcquire"> {
  readonly scope: ServiceScope;
  readonly table: HeldTable;
  readonly exclusive: Exclusive;
  readonly adoption: Adoption;
  readonly leaseMs: number;
  /** For so long what is in flight may end by itself. */
  readonly quietMs: number;
  readonly log: Log;
  readonly servingAs: () => Owner | undefined;
}

/**
 * Gives uids up as planned: quiesce, release, commit. The link changes hands only after the last request has ended and
 * user code has let go, so that no two pods ever serve the uid. Each step may be sent twice. The link is marked before
 * what may take long, so that routers wait; a uid that nobody uses, with a state at hand, leaves in one round trip.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #handOver: HandOver;

  constructor(options: DeparturesOptions) {
    this.#options = options;
    this.#handOver = new HandOver({ ...options, tenureOf: (held) => this.#tenureOf(held) });
  }

  /** Hands the uid over to `target`, with what `onRelease` returned. Never rejects. */
  async move(uid: string, target: Owner): Promise<Left> {
    const { scope, leaseMs, quietMs } = this.#options;
    let fence: number | undefined;
    const departure = await this.#leave(uid, "move", {
      // From then on routers wait for the new owner instead of asking this one.
      begin: (tenure) => scope.beginMove(uid, tenure, target, quietMs + leaseMs),
      commit: async (tenure, state) => {
        const moved = await scope.commitMove(uid, tenure, target, state);
        if (moved.done) fence = moved.link?.fence;
        return moved;
      },
    });
    return { departure, fence };
  }

  /** Gives the uid up to nobody: its link is removed. Never rejects. */
  release(uid: string): Promise<Departure> {
    const { adoption } = this.#options;
    return this.#leave(uid, "release", {
      commit: async (tenure) => {
        await adoption.remove(uid, tenure);
        return { done: true };
      },
    });
  }

  /** Keeps the link, and what `onRelease` returned, for the next life of this pod. Never rejects. */
  hold(uid: string): Promise<Departure> {
    const { scope } = this.#options;
    return this.#leave(uid, "hold", {
      commit: async (tenure, state) => (state === undefined ? { done: true } : scope.keepState(uid, tenure, state)),
    });
  }

  async #leave(uid: string, reason: ReleaseReason, steps: Steps): Promise<Departure> {
    const { exclusive, table, log } = this.#options;
    return exclusive.run(uid, async () => {
      const held = table.get(uid);
      const tenure = held && this.#tenureOf(held);
      if (!tenure) return "gone";
      const isBusy = held.inFlight > 0;
      try {
        if (isBusy && steps.begin && !(await steps.begin(tenure)).done) {
          table.lose(held, "link");
          return "gone";
        }
      } catch (error) {
        log.warn(`${JSON.stringify(uid)} stays: its move could not begin`, error);
        return "kept";
      }
      held.leaving = true;
      held.refusing = isBusy;
      if (isBusy) await this.#quiet(held);
      // Lost while it was waited for: `onLost` was told, and there is nothing left to release.
      if (!this.#tenureOf(held)) return "gone";
      return this.#handOver.run(held, tenure, reason, steps);
    });
  }

  // What is in flight ends by itself; sockets are closed at once, for they would not.
  async #quiet(held: Held): Promise<void> {
    for (const end of held.open) end.end();
    if (held.inFlight === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#options.quietMs);
    held.onQuiet = resolve;
    await promise;
    clearTimeout(timer);
    held.onQuiet = undefined;
    if (held.inFlight > 0) fireSignal(held);
  }

  #tenureOf(held: Held): Tenure | undefined {
    const { table, servingAs } = this.#options;
    const owner = servingAs();
    if (!owner || !held.ready || !table.contains(held)) return undefined;
    return { pod: owner.pod, incarnation: owner.incarnation, fence: held.fence };
  }
}
