import { ExecutorError } from "../errors.ts";
import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import { pause } from "../time.ts";
import type { HandedState, Tenure } from "../types.ts";
import { checkHanded } from "../validate.ts";
import type { AcquireDetails } from "./adoption.ts";
import type { Held } from "./held.ts";
import type { HeldTable } from "./held-table.ts";

/** Why a pod gives a uid up as planned: to another pod, to nobody, or to its own next life. */
export type ReleaseReason = "move" | "release" | "hold";

/** What came of it. `gone`: the pod did not hold the uid, or lost it meanwhile. `kept`: it goes on serving. */
export type Departure = "done" | "gone" | "kept";

/** What a departure asks of the store. Each may be sent twice. */
export interface Steps {
  /** Marks the link, so that routers wait. */
  readonly begin?: (tenure: Tenure) => Promise<{ readonly done: boolean }>;
  readonly commit: (tenure: Tenure, state: HandedState | undefined) => Promise<{ readonly done: boolean }>;
}

/** What a {@link HandOver} works with. */
export interface HandOverOptions {
  readonly scope: ServiceScope;
  readonly table: HeldTable;
  readonly log: Log;
  /** The tenure of what is held, as long as it stands. */
  readonly tenureOf: (held: Held) => Tenure | undefined;
  readonly onRelease: (
    uid: string,
    details: { readonly fence: number; readonly reason: ReleaseReason },
  ) => HandedState | undefined | Promise<HandedState | undefined>;
  readonly onAcquire: (uid: string, details: AcquireDetails) => unknown;
}

const retryMs = 50;

const isPending = (released: unknown): released is Promise<HandedState | undefined> =>
  typeof released === "object" && released !== null && "then" in released;

/** The part of a departure that comes when nothing is in flight any more: release, commit, and back if that fails. */
export class HandOver {
  readonly #options: HandOverOptions;

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async run(held: Held, tenure: Tenure, reason: ReleaseReason, steps: Steps): Promise<Departure> {
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
    const { table, tenureOf, log } = this.#options;
    for (;;) {
      try {
        return (await send()).done;
      } catch (error) {
        // Nothing else can be done: a commit whose answer was lost may have given the uid away.
        if (!tenureOf(held) || !(error instanceof ExecutorError && error.retryable)) {
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
}
