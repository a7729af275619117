import type { CallOptions } from "../calls.ts";
import { ExecutorError } from "../errors.ts";
import { formatLetter, type PodLetter } from "../letters.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { Link, LinkLifetime, PodId, PodRecord } from "../types.ts";
import { checkPodId } from "../validate.ts";
import { type LinkWaits, pollMs } from "./link-waits.ts";
import type { Owners } from "./owners.ts";
import type { Placer } from "./placer.ts";
import type { PodTable } from "./pod-table.ts";
import type { Resolver } from "./resolver.ts";
import type { Route } from "./route.ts";
import { whileWanted } from "./wanted.ts";

/** What `StatefulRouter.move` may be told. */
export interface MoveOptions extends CallOptions {
  /** The pod that gets the uid. Default: the owner chooses. */
  readonly to?: PodId | undefined;
}

/** What {@link Moves} works with. */
export interface MovesOptions {
  readonly scope: ServiceScope;
  readonly pods: PodTable;
  readonly owners: Owners;
  readonly placer: Placer;
  readonly resolver: Resolver;
  readonly waits: LinkWaits;
  readonly linkLifetimeSeconds: LinkLifetime;
}

const defaultTimeoutMs = 10_000;

/** About two seconds of waiting for news. */
const askAgainRounds = 8;

/** Asks owners to hand over or let go what they hold, for nobody else may; and waits until it is done. */
export class Moves {
  readonly #options: MovesOptions;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  async learn(uid: string, pod: PodId, options: CallOptions): Promise<Route> {
    const { scope, resolver, linkLifetimeSeconds } = this.#options;
    const owner = await this.#livingPod(pod);
    const { link, created } = await scope.setLinkedPodIfAbsent(uid, owner, linkLifetimeSeconds, options);
    return resolver.resolve(uid, options, { link, source: created ? "placed" : "store" });
  }

  move(uid: string, { to, timeoutMs = defaultTimeoutMs, signal }: MoveOptions): Promise<Route | undefined> {
    if (to !== undefined) checkPodId(to);
    return whileWanted("move", { timeoutMs, signal }, (unwanted) => this.#move(uid, to, unwanted));
  }

  release(uid: string, { timeoutMs = defaultTimeoutMs, signal }: CallOptions): Promise<boolean> {
    return whileWanted("release", { timeoutMs, signal }, (unwanted) => this.#release(uid, unwanted));
  }

  async #move(uid: string, to: PodId | undefined, unwanted: AbortSignal): Promise<Route | undefined> {
    const { scope, resolver } = this.#options;
    const link = await scope.getLinkedPod(uid);
    if (!link) return undefined;
    const route = await resolver.locate(uid, { link });
    // The owner was dead, so that somebody else has it already.
    if (route.fence !== link.fence || (route.pod === to && !route.moving)) return route;
    if (to !== undefined) await this.#checkTarget(to);
    const changed = await this.#ask(
      link,
      uid,
      to === undefined ? { kind: "move", uid } : { kind: "move", uid, to },
      unwanted,
    );
    return changed && resolver.locate(uid, { link: changed });
  }

  async #release(uid: string, unwanted: AbortSignal): Promise<boolean> {
    const { scope, owners } = this.#options;
    let link = await scope.getLinkedPod(uid);
    if (!link) return false;
    while (link && !unwanted.aborted) {
      if (await owners.serving(link)) link = await this.#ask(link, uid, { kind: "release", uid }, unwanted);
      else {
        // The dead hold nothing.
        await owners.bury(link);
        await scope.removeLinkedPodWithId(uid, link);
        link = await scope.getLinkedPod(uid);
      }
    }
    return true;
  }

  /** Sends the letter, and answers the link that stands when it is not the one that was any more. */
  async #ask(was: Link, uid: string, letter: PodLetter, unwanted: AbortSignal): Promise<Link | undefined> {
    const { scope, owners, waits } = this.#options;
    // A pod that has not had a request for the uid yet holds nothing that it could give up.
    const letters = [formatLetter({ kind: "adopt", uid, fence: was.fence }), formatLetter(letter)];
    for (let round = 0; !unwanted.aborted; round++) {
      // Again now and then: the pod may have been busy with the uid. A letter about what is done is void.
      if (round % askAgainRounds === 0) await scope.sendLetters(was.pod, letters);
      await waits.wait(uid, pollMs(round), unwanted);
      const link = await scope.getLinkedPod(uid);
      if (link?.fence !== was.fence || link.incarnation !== was.incarnation) return link;
      if (!(await owners.serving(link))) return link;
    }
    return was;
  }

  async #livingPod(pod: PodId): Promise<PodRecord> {
    const { pods } = this.#options;
    await pods.recent();
    let record = pods.get(pod);
    if (!record || !pods.isLiving(record)) {
      await pods.refresh();
      record = pods.get(pod);
    }
    if (record && pods.isLiving(record)) return record;
    throw new ExecutorError("NO_LIVE_POD", `pod ${pod} does not live`, { retryable: true, operation: "learn" });
  }

  async #checkTarget(to: PodId): Promise<void> {
    const { pods, placer } = this.#options;
    await pods.recent();
    const verdict = placer.verdicts().get(to) ?? "unknown";
    if (verdict === "ok" || verdict === "older revision") return;
    throw new ExecutorError("NO_LIVE_POD", `pod ${to} takes no uids (${verdict})`, { operation: "move" });
  }
}
