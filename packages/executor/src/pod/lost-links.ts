import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { RenewResult } from "../store/answers.ts";
import type { LinkRenewals } from "./link-renewals.ts";

/** Notices that the store may have lost links, and has the pod's own written again until all of them are known to be there. */
export class LostLinks {
  readonly #scope: ServiceScope;
  readonly #renewals: LinkRenewals;
  readonly #log: Log;
  #replication: string | undefined;
  /** The store may lack links that this pod holds, and has not been told of all of them since. */
  #mayLack = false;

  constructor({ scope, renewals, log }: { scope: ServiceScope; renewals: LinkRenewals; log: Log }) {
    this.#scope = scope;
    this.#renewals = renewals;
    this.#log = log;
  }

  /** After each renewal of the lease: writes links again if that may be needed, else renews those that are due. */
  async afterRenewal({ recreated, nowMs }: RenewResult & { readonly renewed: true }): Promise<void> {
    if (recreated || (await this.wasReplaced())) this.#mayLack = true;
    if (!this.#mayLack) return this.#renewals.run();
    this.#mayLack = false;
    // Most likely to fail just when it matters: while the master changes.
    if (!(await this.#renewals.reassert(nowMs))) this.#mayLack = true;
  }

  /** Whether a server that holds data was replaced since the last look: it may lack what the old one acknowledged. */
  async wasReplaced(): Promise<boolean> {
    const before = this.#replication;
    try {
      this.#replication = await this.#scope.replication();
    } catch (error) {
      this.#log.debug("the replication of the store is not known", error);
    }
    return before !== undefined && before !== this.#replication;
  }
}
