/// <reference lib="esnext.disposable" preserve="true" />
export { Cache } from "./cache.ts";
export { CacheError, type CacheErrorCode } from "./errors.ts";
export type { LoadOptions, LoadResult } from "./loader/load-options.ts";
export { CacheOptimizer, type OptimizationReport, type OptimizerOptions } from "./optimizer/cache-optimizer.ts";
export type { Change, Decision, OptimizableCache, TrafficWindow } from "./optimizer/decision.ts";
export type { CompleteParameters, OptimizerParameters } from "./optimizer/parameters.ts";
export type { CacheMetrics, CacheTracer, Clock, Log } from "./ports.ts";
export type {
  AdaptiveReport,
  CacheOptions,
  CacheStats,
  CacheStrategy,
  CapacityEstimate,
  Diagnosis,
  DumpedEntry,
  MissCauses,
  RecentRates,
  RemovalListener,
  RemovalReason,
  SetOptions,
  WindowDecision,
} from "./types.ts";
