/// <reference lib="esnext.disposable" preserve="true" />
export { Cache } from "./cache.ts";
export type { Clock, Log } from "./ports.ts";
export type {
  CacheOptions,
  CacheStats,
  CacheStrategy,
  RecentRates,
  RemovalListener,
  RemovalReason,
  SetOptions,
} from "./types.ts";
