import type { Clock, Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { Owner } from "../types.ts";
import type { Adoption } from "./adoption.ts";
import type { Exclusive } from "./exclusive.ts";
import { type Held, isDue, isIdle } from "./held.ts";
import type { HeldTable } from "./held-table.ts";

/** What {@link LinkRenewals} works with. */
export interface LinkRenewalsOptions {
  readonly scope: ServiceScope;
  readonly table: HeldTable;
  readonly exclusive: Exclusive;
  readonly adoption: Adoption;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly linkEndMs: (sentMs: number, leftMs: number) => number;
  readonly log: Log;
  readonly servingAs: () => Owner | undefined;
  readonly onIdle: (uid: string, details: { readonly fence: number }) => unknown;
}

/** Sent to the store together; bounds what one round of renewals queues at a time. */
const batchSize = 256;

/** Keeps the links of held uids alive, learns which were changed by force, and lets idle uids go before they expire. */
export class LinkRenewals {
  readonly #options: LinkRenewalsOptions;
  #running = false;
  /** Until then a re-assertion may still be on its way, by the local clock. */
  #assertedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: LinkRenewalsOptions) {
    this.#options = options;
  }

  /** One round: links that are due. Lets idle uids go. */
  async run(): Promise<void> {
    const { servingAs, table, clock, leaseMs } = this.#options;
    const owner = servingAs();
    if (!owner || this.#running) return;
    this.#running = true;
    try {
      const nowMs = clock.now();
      const due: Held[] = [];
      for (const held of table.all()) {
        if (!held.ready || held.leaving) continue;
        if (isIdle(held, nowMs)) this.#letGo(owner, held);
        else if (isDue(held, nowMs, leaseMs)) due.push(held);
      }
      await this.#renewAll(owner, due);
    } finally {
      this.#running = false;
    }
  }

  /**
   * Renews all links, and writes those again that the store has lost. `storeNowMs`: the store's time a moment ago. False
   * if the store has not answered for all of them.
   */
  async reassert(storeNowMs: number): Promise<boolean> {
    const { servingAs, table, clock, leaseMs } = this.#options;
    const owner = servingAs();
    if (!owner) return true;
    this.#assertedUntilMs = clock.now() + 2 * leaseMs;
    const ready = table.all().filter((held) => held.ready);
    return this.#renewAll(owner, ready, storeNowMs + leaseMs);
  }

  /** Asks the store about one uid: something was heard of it. */
  async check(held: Held): Promise<void> {
    const owner = this.#options.servingAs();
    if (owner && held.ready && !held.leaving) await this.#renew(owner, [held]);
  }

  async #renewAll(owner: Owner, due: readonly Held[], reassertUntilMs?: number): Promise<boolean> {
    let isAnswered = true;
    for (let start = 0; start < due.length; start += batchSize) {
      if (!(await this.#renew(owner, due.slice(start, start + batchSize), reassertUntilMs))) isAnswered = false;
    }
    return isAnswered;
  }

  async #renew(owner: Owner, batch: readonly Held[], reassertUntilMs?: number): Promise<boolean> {
    const { scope, table, clock, linkEndMs, log } = this.#options;
    const sentMs = clock.now();
    try {
      const renewals = await scope.renewLinks(owner, batch, { reassertUntilMs });
      for (const [index, held] of batch.entries()) {
        const renewal = renewals[index];
        if (renewal?.kept) {
          held.renewedAtMs = sentMs;
          held.linkEndMs = linkEndMs(sentMs, renewal.leftMs);
        } else if (!held.leaving) table.lose(held, "link");
      }
      return true;
    } catch (error) {
      // Nothing is lost by a failed renewal: each link stays valid until its own local end.
      log.debug("links could not be renewed", error);
      return false;
    }
  }

  #letGo(owner: Owner, held: Held): void {
    const { table, exclusive, adoption, clock, onIdle, log } = this.#options;
    table.drop(held);
    // A late re-assertion could bring the link back, after others have had the uid under greater fences.
    if (clock.now() < this.#assertedUntilMs) adoption.doubt(held.uid, held.fence);
    // Exclusive: a request that comes now waits for the removal, and is then refused.
    const removed = exclusive.run(held.uid, async () => {
      try {
        await onIdle(held.uid, { fence: held.fence });
      } catch (error) {
        log.error(`onIdle failed for ${JSON.stringify(held.uid)}`, error);
      }
      await adoption.remove(held.uid, { ...owner, fence: held.fence });
    });
    removed.catch((error: unknown) => log.debug("an idle link could not be removed", error));
  }
}
