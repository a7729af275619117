import { ExecutorError } from "../errors.ts";
import type { Clock, Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import { pause } from "../time.ts";
import type { HandedState, Owner, Tenure } from "../types.ts";
import { checkHanded } from "../validate.ts";
import type { AcquireDetails, Adoption } from "./adoption.ts";
import type { Exclusive } from "./exclusive.ts";
import { fireSignal, type Held } from "./held.ts";
import type { HeldTable } from "./held-table.ts";

/** Why a pod gives a uid up as planned: to another pod, to nobody, or to its own next life. */
export type ReleaseReason = "move" | "release" | "hold";

/** What came of a departure, and of a move the fence of the new owner. */
export interface Left {
  readonly departure: Departure;
  readonly fence?: number | undefined;
}

/** What came of it. `gone`: the pod did not hold the uid, or lost it meanwhile. `kept`: it goes on serving. */
export type Departure = "done" | "gone" | "kept";

/** What {@link Departures} works with. */
export interface DeparturesOptions {
  readonly scope: ServiceScope;
  readonly table: HeldTable;
  readonly exclusive: Exclusive;
  readonly adoption: Adoption;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** For so long what is in flight may end by itself. */
  readonly quietMs: number;
  readonly log: Log;
  readonly servingAs: () => Owner | undefined;
  readonly onRelease: (
    uid: string,
    details: { readonly fence: number; readonly reason: ReleaseReason },
  ) => HandedState | undefined | Promise<HandedState | undefined>;
  readonly onAcquire: (uid: string, details: AcquireDetails) => unknown;
}

const retryMs = 50;

const isPending = (released: unknown): released is Promise<HandedState | undefined> =>
  typeof released === "object" && released !== null && "then" in released;

/**
 * Gives uids up as planned: quiesce, release, commit. The link changes hands only after the last request has ended and
 * user code has let go, so that no two pods ever serve the uid. Each step may be sent twice. The link is marked before
 * what may take long, so that routers wait; a uid that nobody uses, with a state at hand, leaves in one round trip.
 */
export class Departures {
  readonly #options: DeparturesOptions;

  constructor(options: DeparturesOptions) {
    this.#options = options;
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
      return this.#handOver(held, tenure, reason, steps);
    });
  }

  async #handOver(held: Held, tenure: Tenure, reason: ReleaseReason, steps: Steps): Promise<Departure> {
    const { onRelease, log, table } = this.#options;
    const { uid, fence } = held;
    let state: HandedState | undefined;
    try {
      const released = onRelease(uid, { fence, reason });
      if (isPending(released)) [state] = await Promise.all([released, this.#announce(held, tenure, steps)]);
      else state = released;
    } catch (error) {
      log.error(`onRelease failed for ${JSON.stringify(uid)}, which stays`, error);
      return this.#resume(held, tenure);
    }
    try {
      if (state !== undefined) checkHanded(state);
    } catch (error) {
      log.error(`what onRelease returned for ${JSON.stringify(uid)} cannot be handed over; it stays`, error);
      return this.#takeBack(held, tenure, state);
    }
    const done = await this.#commit(held, () => steps.commit(tenure, state));
    if (done === undefined) return "gone";
    if (done) table.drop(held);
    else table.lose(held, "link");
    return done ? "done" : "gone";
  }

  // Best effort: whether the uid is still this pod's shows at the commit.
  async #announce(held: Held, tenure: Tenure, { begin }: Steps): Promise<void> {
    if (held.refusing) return;
    try {
      await begin?.(tenure);
      // Not before: a router that does not see the mark would only ask again.
      held.refusing = true;
    } catch (error) {
      this.#options.log.debug("a move could not be marked", error);
    }
  }

  /** Whether it took effect; `undefined` if the tenure ended before that was known. */
  async #commit(held: Held, send: () => Promise<{ readonly done: boolean }>): Promise<boolean | undefined> {
    const { table, log } = this.#options;
    for (;;) {
      try {
        return (await send()).done;
      } catch (error) {
        // Nothing else can be done: a commit whose answer was lost may have given the uid away.
        if (!this.#tenureOf(held) || !(error instanceof ExecutorError && error.retryable)) {
          log.warn(`the hand-over of ${JSON.stringify(held.uid)} is in doubt`, error);
          table.lose(held, "link");
          return undefined;
        }
        await pause(retryMs);
      }
    }
  }

  // User code has let go already: it is given its own state again.
  async #takeBack(held: Held, tenure: Tenure, state: HandedState | undefined): Promise<Departure> {
    const { onAcquire, log, table } = this.#options;
    const { uid, fence, ownership } = held;
    try {
      await onAcquire(uid, { reason: "move", fence, state, signal: ownership.signal });
    } catch (error) {
      log.error(`onAcquire failed for ${JSON.stringify(uid)}`, error);
      table.lose(held, "link");
      return "gone";
    }
    return this.#resume(held, tenure);
  }

  async #resume(held: Held, tenure: Tenure): Promise<Departure> {
    const { scope, log } = this.#options;
    held.leaving = false;
    held.refusing = false;
    // The mark becomes void by itself too.
    await scope
      .cancelMove(held.uid, tenure)
      .catch((error: unknown) => log.debug("a mark could not be taken away", error));
    return "kept";
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

interface Steps {
  readonly begin?: (tenure: Tenure) => Promise<{ readonly done: boolean }>;
  readonly commit: (tenure: Tenure, state: HandedState | undefined) => Promise<{ readonly done: boolean }>;
}
