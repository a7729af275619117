/// <reference lib="esnext.disposable" preserve="true" />
export type { CallOptions } from "./calls.ts";
export { ExecutorError, type ExecutorErrorCode, type ExecutorErrorDetails, type Outcome } from "./errors.ts";
export { StatefulExecutor, type StatefulExecutorOptions } from "./executor.ts";
export { formatLetter, type PodLetter, parseLetter } from "./letters.ts";
export { formatLoadState, leastLoaded, parseLoadState } from "./load-state.ts";
export { eligible, judge, type PlacementRules, type PlacementVerdict } from "./placement/candidates.ts";
export { TwoChoices } from "./placement/two-choices.ts";
export type { AcquireDetails } from "./pod/adoption.ts";
export type { DrainOptions, DrainProgress, PaceOptions } from "./pod/drain.ts";
export { type GuardedHandler, type GuardOptions, ownershipOf } from "./pod/guard.ts";
export type { ReleaseReason } from "./pod/hand-over.ts";
export type { Admission, Held, OpenEnd, Ownership, Refusal } from "./pod/held.ts";
export type { LossReason } from "./pod/held-table.ts";
export type { LoadMeasure } from "./pod/load.ts";
export type { PodAgentOptions, PodCallbacks } from "./pod/options.ts";
export { PodAgent } from "./pod/pod-agent.ts";
export { type PodIdSource, podIdOfHost } from "./pod/pod-id.ts";
export type { RedirectOptions } from "./pod/redirect.ts";
export type { GuardedUpgradeHandler } from "./pod/upgrade-guard.ts";
export type { Clock, Log, NearCachePort, PlacementPolicy, PlacementPort } from "./ports.ts";
export type { Explanation, OwnerVerdict } from "./router/explain.ts";
export type { Hint } from "./router/hints.ts";
export type { MoveOptions } from "./router/moves.ts";
export type { PlannedMoves, RebalanceBudget, RebalanceOptions } from "./router/rebalance.ts";
export type { Route } from "./router/route.ts";
export type { StatefulRouterOptions } from "./router/router-options.ts";
export { StatefulRouter } from "./router/stateful-router.ts";
export type { Watch, WatchEvent, WatchOptions } from "./router/watch.ts";
export { PodScope } from "./scope/pod-scope.ts";
export {
  type ComputeLinkOptions,
  type LinkIfAbsentResult,
  type RemoveOptions,
  ServiceScope,
} from "./scope/service-scope.ts";
export type {
  AcquireResult,
  HeldLink,
  Letter,
  LinkRenewal,
  MoveResult,
  RenewLinksOptions,
  RenewResult,
  SealResult,
  SetLinkResult,
  StoreEvent,
  TakenUpLink,
  TrySetLinkResult,
} from "./store/answers.ts";
export { MemoryStore, type MemoryStoreOptions } from "./store/memory-store.ts";
export type { StatefulStore } from "./store/store.ts";
export type {
  HandedState,
  Link,
  LinkExpectation,
  LinkLifetime,
  LinkName,
  LinkOrigin,
  LinkTarget,
  Owner,
  PodId,
  PodRecord,
  PodState,
  PodStatus,
  ReportedState,
  RoutingState,
  ServiceName,
  Tenure,
} from "./types.ts";
export { checkUid, maxBatch, maxNameBytes, maxStateBytes } from "./validate.ts";
export * as wire from "./wire.ts";
