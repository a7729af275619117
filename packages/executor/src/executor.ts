import { ServiceScope } from "./scope/service-scope.ts";
import type { StatefulStore } from "./store/store.ts";
import type { ServiceName } from "./types.ts";
import { checkOption } from "./validate.ts";

/** Options of {@link StatefulExecutor}. */
export interface StatefulExecutorOptions {
  /** Where links and pods are kept: a `MemoryStore`, or a `RedisStore` from `@route/executor/redis`. Not closed by us. */
  readonly store: StatefulStore;
  /** The deadline of every call that is told no other, in milliseconds; see `CallOptions`. Default: none. */
  readonly timeoutMs?: number;
}

/** Pods and links of any number of services on one store. */
export class StatefulExecutor {
  readonly #store: StatefulStore;
  readonly #timeoutMs: number | undefined;

  constructor({ store, timeoutMs }: StatefulExecutorOptions) {
    this.#store = store;
    this.#timeoutMs = timeoutMs === undefined ? undefined : checkOption("timeoutMs", timeoutMs, 1, 2 ** 31 - 1);
  }

  /** The operations on one service, so that nobody repeats namespace and service. Throws `INVALID_ARGUMENT`. */
  scope(name: ServiceName): ServiceScope {
    return new ServiceScope(this.#store, name, { timeoutMs: this.#timeoutMs });
  }
}
