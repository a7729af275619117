import { formatLetter, type PodLetter } from "../letters.ts";
import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { HandedState, Link, Owner, PodId, Tenure } from "../types.ts";
import type { Adoption } from "./adoption.ts";
import type { Departures } from "./departures.ts";
import { giveUp } from "./drain.ts";
import type { Departure } from "./hand-over.ts";
import type { HeldTable } from "./held-table.ts";
import type { Outbox } from "./outbox.ts";
import type { Targets } from "./targets.ts";

/** What {@link Errands} works with. */
export interface ErrandsOptions {
  readonly scope: ServiceScope;
  readonly table: HeldTable;
  readonly adoption: Adoption;
  readonly departures: Departures;
  readonly targets: Targets;
  readonly outbox: Outbox;
  readonly log: Log;
}

/** Does what others ask of the pod, and moves uids for the pod's own reasons. */
export class Errands {
  readonly #options: ErrandsOptions;
  /** Chosen to leave, but not under way yet. */
  readonly #shedding = new Set<string>();

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /** Moves a uid to one of the pods `only`, or to whom placement chooses, and asks that pod to take it up at once. */
  async move(uid: string, only?: readonly PodId[]): Promise<Departure> {
    const { table, targets, departures, log } = this.#options;
    if (!table.get(uid)) return "gone";
    let target: Owner | undefined;
    try {
      target = await targets.choose(uid, only);
    } catch (error) {
      log.warn(`${JSON.stringify(uid)} stays: the pods are not known`, error);
    }
    if (!target) return "kept";
    const { departure, fence } = await departures.move(uid, target);
    if (fence !== undefined) this.#askToAdopt(target.pod, uid, fence);
    return departure;
  }

  /** Gives a uid that was handed to this pod to another one, with its state; `undefined` if nobody takes it. */
  async passOn(uid: string, tenure: Tenure, state: HandedState): Promise<Link | undefined> {
    const { scope, targets } = this.#options;
    const target = await targets.choose(uid);
    if (!target) return undefined;
    const { done, link } = await scope.commitMove(uid, tenure, target, state);
    if (done && link) this.#askToAdopt(target.pod, uid, link.fence);
    return link;
  }

  /** Never rejects. What may take long goes on by itself, so that it does not hold other letters up. */
  async do(letter: PodLetter): Promise<void> {
    const { departures } = this.#options;
    switch (letter.kind) {
      case "adopt":
        return this.#adopt(letter.uid, letter.fence);
      case "move":
        void this.move(letter.uid, letter.to === undefined ? undefined : [letter.to]);
        return;
      case "release":
        void departures.release(letter.uid);
        return;
      case "shed":
        void this.#shed(letter.count, letter.to, letter.perSecond);
    }
  }

  // It would be taken up with its first request too; but until then nobody keeps its link alive.
  #askToAdopt(pod: PodId, uid: string, fence: number): void {
    this.#options.outbox.add(pod, formatLetter({ kind: "adopt", uid, fence }));
  }

  async #adopt(uid: string, fence: number): Promise<void> {
    try {
      await this.#options.adoption.adopt(uid, fence);
    } catch (error) {
      this.#options.log.debug(`${JSON.stringify(uid)} could not be taken up yet`, error);
    }
  }

  // The uids that were not used for the longest time: their users notice least.
  async #shed(count: number, to: readonly PodId[], rate: number | undefined): Promise<void> {
    const { table } = this.#options;
    const staying = table.all().filter(({ uid }) => !this.#shedding.has(uid));
    const idle = staying.sort((a, b) => a.inFlight - b.inFlight || a.lastUsedMs - b.lastUsedMs);
    const uids = idle.slice(0, count).map(({ uid }) => uid);
    // Another letter must find others: together they ask for the sum.
    for (const uid of uids) this.#shedding.add(uid);
    await giveUp(uids, { rate }, (uid) => this.move(uid, to).finally(() => this.#shedding.delete(uid)));
  }
}
