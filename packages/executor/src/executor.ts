import { ServiceScope } from "./scope.ts";
import type { StatefulStore } from "./store/store.ts";
import type { ServiceName } from "./types.ts";

/** Options of {@link StatefulExecutor}. */
export interface StatefulExecutorOptions {
  /** Where links and pods are kept: a `MemoryStore`, or a `RedisStore` from `@route/executor/redis`. Not closed by us. */
  readonly store: StatefulStore;
}

/** Pods and links of any number of services on one store. */
export class StatefulExecutor {
  readonly #store: StatefulStore;

  constructor({ store }: StatefulExecutorOptions) {
    this.#store = store;
  }

  /** The operations on one service, so that nobody repeats namespace and service. Throws `INVALID_ARGUMENT`. */
  scope(name: ServiceName): ServiceScope {
    return new ServiceScope(this.#store, name);
  }
}
