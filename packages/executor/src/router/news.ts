import type { ServiceScope } from "../scope/service-scope.ts";
import type { StoreEvent } from "../store/answers.ts";

/** A server that was replaced is noticed after this time, in milliseconds, while the router is in use. */
const replicationCheckMs = 1000;

/** What {@link News} tells of. */
export interface NewsOptions {
  readonly scope: ServiceScope;
  readonly onEvent: (event: StoreEvent) => void;
  /** A server was replaced or started anew: what it acknowledged may be lost. */
  readonly onFailover: () => void;
}

/** What the store tells of the service: from the first use until `close`. */
export class News {
  readonly #options: NewsOptions;
  #subscription: Disposable | undefined;
  #replication: string | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /** Throws the store's error if it is closed. */
  listen(): void {
    const { scope, onEvent } = this.#options;
    this.#subscription ??= scope.subscribe(onEvent);
  }

  /** Asks in the background, now and then, whether the store is still the same. Never fails. */
  checkReplication(nowMs: number): void {
    if (nowMs - this.#checkedAtMs < replicationCheckMs) return;
    this.#checkedAtMs = nowMs;
    this.#options.scope.replication().then(
      (replication) => this.#compare(replication),
      () => undefined,
    );
  }

  close(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
  }

  #compare(replication: string): void {
    const before = this.#replication;
    this.#replication = replication;
    if (before !== undefined && before !== replication) this.#options.onFailover();
  }
}
