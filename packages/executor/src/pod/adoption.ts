import QuickLRU from "quick-lru";
import { ExecutorError } from "../errors.ts";
import type { Clock, Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { TakenUpLink } from "../store/answers.ts";
import { pause } from "../time.ts";
import type { HandedState, Link, LinkOrigin, Owner, Tenure } from "../types.ts";
import type { Exclusive } from "./exclusive.ts";
import type { Admission, Held, Refusal } from "./held.ts";
import type { HeldTable } from "./held-table.ts";

/** What user code is told when the pod takes up a uid. */
export interface AcquireDetails {
  readonly reason: LinkOrigin;
  readonly fence: number;
  /** What the last owner handed over. */
  readonly state: HandedState | undefined;
  /** Aborted when the pod loses the uid or hands it over. */
  readonly signal: AbortSignal;
}

/** What {@link Adoption} works with. */
export interface AdoptionOptions {
  readonly scope: ServiceScope;
  readonly table: HeldTable;
  readonly exclusive: Exclusive;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** The local end of a link's validity; see `HeldTable.add`. */
  readonly linkEndMs: (sentMs: number, leftMs: number) => number;
  readonly log: Log;
  /** The present incarnation while it may serve, else `undefined`. Asked again after every wait. */
  readonly servingAs: () => Owner | undefined;
  /** Why a uid that the pod does not hold is handed back, if it is. */
  readonly refusesNew: () => "draining" | "full" | undefined;
  /** Whether uids stay linked to this pod although it takes up none: it will be back. */
  readonly isHolding: () => boolean;
  /** Gives a uid that was handed to this pod to another one, unopened; `undefined` if there is nobody else. */
  readonly passOn: (uid: string, tenure: Tenure, state: HandedState) => Promise<Link | undefined>;
  readonly onAcquire: (uid: string, details: AcquireDetails) => unknown;
}

/** A refused (uid, fence) is remembered so long, so that a stale gateway costs one read a second. */
const denialMs = 1000;
/** So long if the store knew less than who asked: it may have been a master that is being replaced. */
const doubtfulDenialMs = 100;
const denials = 10_000;
const retryMs = 50;

interface Denial {
  readonly fence: number;
  readonly owner: Link | undefined;
}

const keyOf = (uid: string, fence: number): string => `${fence}:${uid}`;

/** Takes up uids that the store says are this pod's. The pod is the arbiter: nobody else's word counts. */
export class Adoption {
  readonly #options: AdoptionOptions;
  readonly #denied = new QuickLRU<string, Denial>({ maxSize: denials, maxAge: denialMs });
  /** Links whose removal may still take effect, or that may be written again; they must never be held as they are. */
  readonly #doubtful = new Set<string>();

  constructor(options: AdoptionOptions) {
    this.#options = options;
  }

  /** Asks the store whether this pod owns the uid with this fence, and takes it up if so. One request per uid at a time. */
  async adopt(uid: string, fence: number): Promise<Admission> {
    const { table, exclusive, servingAs, isHolding } = this.#options;
    if (table.get(uid)?.refusing) return { refused: "moving" };
    for (let busy = exclusive.running(uid); busy; busy = exclusive.running(uid)) await busy;
    if (!servingAs()) return { refused: "lease" };
    const held = table.serve(uid, fence);
    if (held) return { held };
    if (isHolding()) return { refused: "draining" };
    // Fences only grow: what is held under a greater one has left the older one behind for good.
    const newer = table.get(uid);
    if (newer?.ready && newer.fence > fence) return { refused: "not-owner" };
    const denial = this.#denied.get(uid);
    if (denial?.fence === fence) return { refused: "not-owner", owner: denial.owner };
    return exclusive.run(uid, () => this.#ask(uid, fence));
  }

  /** Removes a link that this pod has let go. Rejects with the store's error; the link is then never held again as it is. */
  async remove(uid: string, tenure: Tenure): Promise<void> {
    try {
      await this.#options.scope.removeLinkedPodWithId(uid, tenure);
    } catch (error) {
      this.doubt(uid, tenure.fence);
      throw error;
    }
  }

  /** A message about this link may still be on its way: it must not be held again under this fence. */
  doubt(uid: string, fence: number): void {
    this.#doubtful.add(keyOf(uid, fence));
  }

  // Mostly there is none, and the key is not made.
  #isDoubtful(uid: string, fence: number): boolean {
    return this.#doubtful.size > 0 && this.#doubtful.has(keyOf(uid, fence));
  }

  async #ask(uid: string, fence: number): Promise<Admission> {
    const { scope, table, clock, servingAs, refusesNew } = this.#options;
    const owner = servingAs();
    if (!owner) return { refused: "lease" };
    const sentMs = clock.now();
    // Renewing is the read: from here on the link lives long enough to be held.
    const taken = await scope.takeUpLink(uid, { ...owner, fence });
    const before = table.get(uid);
    if (before && taken.link?.fence !== before.fence) table.lose(before, "link");
    if (!taken.kept) {
      const isBehind = (taken.link?.fence ?? 0) < fence;
      this.#denied.set(uid, { fence, owner: taken.link }, { maxAge: isBehind ? doubtfulDenialMs : denialMs });
      return { refused: "not-owner", owner: taken.link };
    }
    if (servingAs()?.incarnation !== owner.incarnation) return { refused: "lease" };
    if (this.#isDoubtful(uid, fence)) return this.#raiseFence(uid, taken.link, owner);
    if (before && table.contains(before)) table.lose(before, "link");
    if (this.#isTooShort(taken.link)) return { refused: "failed" };
    const refused = refusesNew();
    if (!refused) return this.#takeUp(uid, taken, sentMs);
    if (taken.state !== undefined) return this.#forward(uid, taken, taken.state, refused, sentMs);
    await this.remove(uid, taken.link);
    return { refused };
  }

  // What was handed over cannot be handed back, for nobody would keep it. A full pod takes it all the same; one that
  // drains might stop before it is served, and passes it on.
  async #forward(
    uid: string,
    taken: TakenUpLink & { readonly kept: true },
    state: HandedState,
    refused: Refusal,
    sentMs: number,
  ): Promise<Admission> {
    const owner = refused === "draining" ? await this.#options.passOn(uid, taken.link, state) : undefined;
    return owner ? { refused, owner } : this.#takeUp(uid, taken, sentMs);
  }

  async #takeUp(uid: string, taken: TakenUpLink & { readonly kept: true }, sentMs: number): Promise<Admission> {
    const { table, onAcquire, servingAs, linkEndMs, log } = this.#options;
    const { link, state, leftMs } = taken;
    const held = table.add(uid, link, sentMs, linkEndMs(sentMs, leftMs));
    const { fence, origin: reason } = held;
    try {
      await onAcquire(uid, { reason, fence, state, signal: held.ownership.signal });
    } catch (error) {
      table.drop(held);
      log.error(`onAcquire failed for ${JSON.stringify(uid)}`, error);
      return { refused: "failed" };
    }
    if (state !== undefined) await this.#confirm(held);
    held.ready = true;
    if (table.contains(held) && servingAs()) return { held };
    // Lost while `onAcquire` ran: what it built must be told to go.
    table.drop(held);
    await table.tellLost(held, "lease");
    return { refused: "lease" };
  }

  // Before the first request: a state that stayed would come back, old by then, after a crash of this pod.
  async #confirm(held: Held): Promise<void> {
    const { scope, table, servingAs } = this.#options;
    while (table.contains(held) && servingAs()) {
      try {
        return await scope.dropState(held.uid, held.fence);
      } catch (error) {
        if (!(error instanceof ExecutorError && error.retryable)) throw error;
        await pause(retryMs);
      }
    }
  }

  // Links are renewed with the heartbeat: one that can expire between two of them cannot be held.
  #isTooShort({ lifetimeSeconds }: Link): boolean {
    const { leaseMs, log } = this.#options;
    if (lifetimeSeconds === "persistent" || lifetimeSeconds * 1000 >= 2 * leaseMs) return false;
    log.error(`linkLifetimeSeconds must be at least two leases (${(2 * leaseMs) / 1000} s), got ${lifetimeSeconds}`);
    return true;
  }

  // A message about this very link may still be on its way: under a new fence it cannot hit.
  async #raiseFence(uid: string, link: Link, owner: Owner): Promise<Admission> {
    const raised = await this.#options.scope.takeOver(uid, link, owner);
    this.#doubtful.delete(keyOf(uid, link.fence));
    return { refused: "not-owner", owner: raised.link };
  }
}
