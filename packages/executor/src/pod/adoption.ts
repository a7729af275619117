import QuickLRU from "quick-lru";
import type { Clock, Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { LinkRenewal } from "../store/store.ts";
import type { Link, LinkOrigin, Owner } from "../types.ts";
import type { Exclusive } from "./exclusive.ts";
import type { Admission } from "./held.ts";
import type { HeldTable } from "./held-table.ts";

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
  /** Whether uids that the pod does not hold yet are still taken. */
  readonly takesNew: () => boolean;
  readonly onAcquire: (
    uid: string,
    details: { readonly reason: LinkOrigin; readonly fence: number; readonly signal: AbortSignal },
  ) => unknown;
}

/** A refused (uid, fence) is remembered so long, so that a stale gateway costs one read a second. */
const denialMs = 1000;
const denials = 10_000;

const keyOf = (uid: string, fence: number): string => `${fence}:${uid}`;

/** Takes up uids that the store says are this pod's. The pod is the arbiter: nobody else's word counts. */
export class Adoption {
  readonly #options: AdoptionOptions;
  readonly #denied = new QuickLRU<string, { owner: Link | undefined }>({ maxSize: denials, maxAge: denialMs });
  /** Links whose removal may still take effect; they must never be held again. */
  readonly #doubtful = new Set<string>();

  constructor(options: AdoptionOptions) {
    this.#options = options;
  }

  /** Asks the store whether this pod owns the uid with this fence, and takes it up if so. One request per uid at a time. */
  async adopt(uid: string, fence: number): Promise<Admission> {
    const { table, exclusive, servingAs } = this.#options;
    for (let busy = exclusive.running(uid); busy; busy = exclusive.running(uid)) await busy;
    if (!servingAs()) return { refused: "lease" };
    const held = table.serve(uid, fence);
    if (held) return { held };
    // Fences only grow: what is held under a greater one has left the older one behind for good.
    const newer = table.get(uid);
    if (newer?.ready && newer.fence > fence) return { refused: "not-owner" };
    const denial = this.#denied.get(keyOf(uid, fence));
    if (denial) return { refused: "not-owner", owner: denial.owner };
    return exclusive.run(uid, () => this.#ask(uid, fence));
  }

  /** Removes a link that this pod has let go. Rejects with the store's error; the link is then never held again as it is. */
  async remove(uid: string, link: Owner & { readonly fence: number }): Promise<void> {
    try {
      await this.#options.scope.removeLinkedPodWithId(uid, link);
    } catch (error) {
      this.#doubtful.add(keyOf(uid, link.fence));
      throw error;
    }
  }

  async #ask(uid: string, fence: number): Promise<Admission> {
    const { scope, table, clock, servingAs, takesNew } = this.#options;
    const owner = servingAs();
    if (!owner) return { refused: "lease" };
    const sentMs = clock.now();
    // Renewing is the read: from here on the link lives long enough to be held.
    const [renewal] = await scope.renewLinks(owner, [{ uid, fence, lifetimeSeconds: "persistent", origin: "new" }]);
    const before = table.get(uid);
    if (before && renewal?.link?.fence !== before.fence) table.lose(before, "link");
    if (!renewal?.kept) {
      this.#denied.set(keyOf(uid, fence), { owner: renewal?.link });
      return { refused: "not-owner", owner: renewal?.link };
    }
    if (servingAs()?.incarnation !== owner.incarnation) return { refused: "lease" };
    if (this.#doubtful.has(keyOf(uid, fence))) return this.#raiseFence(uid, renewal.link, owner);
    if (before && table.contains(before)) table.lose(before, "link");
    if (this.#isTooShort(renewal.link)) return { refused: "failed" };
    if (takesNew()) return this.#takeUp(uid, renewal, sentMs);
    // A draining pod hands a link that it does not hold back to the placement of others.
    await this.remove(uid, renewal.link);
    return { refused: "draining" };
  }

  async #takeUp(uid: string, renewal: LinkRenewal & { readonly kept: true }, sentMs: number): Promise<Admission> {
    const { table, onAcquire, servingAs, linkEndMs, log } = this.#options;
    const held = table.add(uid, renewal.link, sentMs, linkEndMs(sentMs, renewal.leftMs));
    try {
      await onAcquire(uid, { reason: held.origin, fence: held.fence, signal: held.abort.signal });
    } catch (error) {
      table.drop(held);
      log.error(`onAcquire failed for ${JSON.stringify(uid)}`, error);
      return { refused: "failed" };
    }
    held.ready = true;
    if (table.contains(held) && servingAs()) return { held };
    // Lost while `onAcquire` ran: what it built must be told to go.
    table.drop(held);
    await table.tellLost(held, "lease");
    return { refused: "lease" };
  }

  // Links are renewed with the heartbeat: one that can expire between two of them cannot be held.
  #isTooShort({ lifetimeSeconds }: Link): boolean {
    const { leaseMs, log } = this.#options;
    if (lifetimeSeconds === "persistent" || lifetimeSeconds * 1000 >= 2 * leaseMs) return false;
    log.error(`linkLifetimeSeconds must be at least two leases (${(2 * leaseMs) / 1000} s), got ${lifetimeSeconds}`);
    return true;
  }

  // A removal of this very link may still be on its way: under a new fence it cannot hit.
  async #raiseFence(uid: string, link: Link, owner: Owner): Promise<Admission> {
    const raised = await this.#options.scope.takeOver(uid, link, owner);
    this.#doubtful.delete(keyOf(uid, link.fence));
    return { refused: "not-owner", owner: raised.link };
  }
}
