import { ExecutorError } from "../errors.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { Link, LinkLifetime } from "../types.ts";
import type { Hints } from "./hints.ts";
import type { Owners } from "./owners.ts";
import type { Placer } from "./placer.ts";
import type { PodTable } from "./pod-table.ts";
import type { Route } from "./route.ts";
import type { TakeOvers } from "./take-overs.ts";

/** What {@link Locator} works with. */
export interface LocatorOptions {
  readonly scope: ServiceScope;
  readonly pods: PodTable;
  readonly owners: Owners;
  readonly placer: Placer;
  readonly takeOvers: TakeOvers;
  readonly hints: Hints;
  readonly linkLifetimeSeconds: LinkLifetime;
}

/** What is known of a link already, so that it is not read. */
export interface Known {
  readonly link: Link | undefined;
  readonly source?: Route["source"];
}

/** Dead owners are found one after the other when several pods die at once; more rounds than this mean a fault. */
const maxRounds = 8;

/** Asks the store where a uid lives, places it where that is nowhere, and takes it over from the dead. */
export class Locator {
  readonly #options: LocatorOptions;

  constructor(options: LocatorOptions) {
    this.#options = options;
  }

  /** The route to the living owner, which may be moving the uid; see `Route.moving`. */
  async find(uid: string, known?: Known): Promise<Route> {
    const { scope, owners, hints, takeOvers } = this.#options;
    let source: Route["source"] = known?.source ?? "store";
    let link = known ? known.link : await scope.getLinkedPod(uid);
    for (let round = 0; round < maxRounds; round++) {
      // The store may have lost the link, and its holder not have written it again yet: whoever knows the holder must not
      // place the uid anew. If the pod does not hold it, it refuses, and the hint is forgotten.
      const hint = link ? undefined : hints.followToLiving(uid);
      if (hint) return hint;
      if (!link) {
        const answer = await this.#place(uid);
        link = answer.link;
        if (answer.created) source = "placed";
      }
      const record = await owners.living(link);
      if (record) {
        hints.remember(uid, link);
        return { ...link, address: record.address, source };
      }
      const dead = link;
      const answer = await takeOvers.run(() => this.#takeOver(uid, dead));
      link = answer.link;
      if (answer.taken) source = "taken-over";
    }
    const message = `the owner of ${JSON.stringify(uid)} changed ${maxRounds} times while it was resolved`;
    const details = { retryable: true, retryAfterMs: 1000, operation: "resolve" } as const;
    throw new ExecutorError("OWNER_UNREACHABLE", message, details);
  }

  async #place(uid: string): Promise<{ link: Link; created: boolean }> {
    const { scope, placer, linkLifetimeSeconds } = this.#options;
    return scope.setLinkedPodIfAbsent(uid, await placer.choose(uid), linkLifetimeSeconds);
  }

  async #takeOver(uid: string, dead: Link): Promise<{ link: Link | undefined; taken: boolean }> {
    const { scope, pods, owners, placer } = this.#options;
    await owners.bury(dead);
    // The next life of the same pod first: it may have kept the state on disk.
    const again = pods.get(dead.pod);
    const isBack = again?.state === "ready" && pods.isLiving(again);
    return scope.takeOver(uid, dead, isBack ? again : await placer.choose(uid));
  }
}
