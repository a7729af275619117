/// <reference lib="esnext.disposable" preserve="true" />
export { ExecutorError, type ExecutorErrorCode, type ExecutorErrorDetails, type Outcome } from "./errors.ts";
export { StatefulExecutor, type StatefulExecutorOptions } from "./executor.ts";
export { type GuardedHandler, type Ownership, ownershipOf } from "./pod/guard.ts";
export type { Admission, Held, Refusal } from "./pod/held.ts";
export type { LossReason } from "./pod/held-table.ts";
export { PodAgent, type PodAgentOptions } from "./pod/pod-agent.ts";
export type { Clock, Log, NearCachePort, PlacementPort } from "./ports.ts";
export { TwoChoices } from "./router/placement.ts";
export { type Hint, type Route, StatefulRouter, type StatefulRouterOptions } from "./router/stateful-router.ts";
export { ServiceScope } from "./scope.ts";
export { MemoryStore, type MemoryStoreOptions } from "./store/memory-store.ts";
export type { AcquireResult, HeldLink, LinkRenewal, RenewResult, SealResult, StatefulStore } from "./store/store.ts";
export type {
  Link,
  LinkLifetime,
  LinkName,
  LinkOrigin,
  Owner,
  PodId,
  PodRecord,
  PodStatus,
  RoutingState,
  ServiceName,
} from "./types.ts";
export { checkUid, maxNameBytes } from "./validate.ts";
export * as wire from "./wire.ts";
