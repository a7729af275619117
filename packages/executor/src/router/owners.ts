import { ExecutorError } from "../errors.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { SealResult } from "../store/answers.ts";
import type { Owner, PodRecord } from "../types.ts";
import { Flights } from "./flights.ts";
import type { PodTable } from "./pod-table.ts";

/** A pod that comes back is looked for so often, in milliseconds. */
const returnPollMs = 1000;

/** Whether the owner of a link lives, is dead for good, or neither can be told yet. */
export class Owners {
  readonly #scope: ServiceScope;
  readonly #pods: PodTable;
  readonly #seals = new Flights<SealResult>();

  constructor(scope: ServiceScope, pods: PodTable) {
    this.#scope = scope;
    this.#pods = pods;
  }

  /**
   * The owner's record if it lives. Rejects with `OWNER_UNREACHABLE` while the uids of a stopped pod wait for its return.
   * `undefined`: it seems dead, `bury` it.
   */
  async living(link: Owner): Promise<PodRecord | undefined> {
    const owner = await this.serving(link);
    if (owner) return owner;
    const record = this.#pods.get(link.pod);
    const returnLeftMs = record?.sealed ? this.#pods.returnLeftMs(record) : 0;
    if (returnLeftMs <= 0) return undefined;
    throw unreachable(`pod ${link.pod} is expected back`, Math.min(returnLeftMs, returnPollMs));
  }

  /** The owner's record if it lives, whatever may come after it. */
  async serving(link: Owner): Promise<PodRecord | undefined> {
    await this.#pods.recent();
    const record = this.#pods.get(link.pod);
    // A pod that joined, or whose lease seems to end, may have renewed since the copy was read.
    const isDoubtful =
      !record || record.incarnation < link.incarnation || !(record.sealed || this.#pods.isLiving(record));
    if (isDoubtful) await this.#pods.refresh();
    return this.seen(link);
  }

  /** The owner's record if it lives by the last copy of the pod table. */
  seen({ pod, incarnation }: Owner): PodRecord | undefined {
    const record = this.#pods.get(pod);
    return record?.incarnation === incarnation && this.#pods.isLiving(record) ? record : undefined;
  }

  /** Makes sure that the owner can never serve again, or rejects with `OWNER_UNREACHABLE` while that is not safe. */
  async bury(link: Owner): Promise<void> {
    if (this.#isBuried(link)) return;
    const { pod, incarnation } = link;
    const seal = await this.#seals.run(`${pod}:${incarnation}`, () => this.#scope.sealPod({ pod, incarnation }));
    if (seal.sealed || seal.reason === "alive") await this.#pods.refresh();
    if (!seal.sealed) throw unreachable(`pod ${pod} does not renew its lease (${seal.reason})`, seal.waitMs);
  }

  #isBuried({ pod, incarnation }: Owner): boolean {
    const record = this.#pods.get(pod);
    if (!record) return false;
    return record.incarnation > incarnation || (record.incarnation === incarnation && record.sealed);
  }
}

const unreachable = (message: string, waitMs: number): ExecutorError => {
  const details = { retryable: true, retryAfterMs: Math.max(waitMs, 1), operation: "resolve" } as const;
  return new ExecutorError("OWNER_UNREACHABLE", message, details);
};
