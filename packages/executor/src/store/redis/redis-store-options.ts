import type { Log } from "../../ports.ts";
import { silentLog } from "../../time.ts";
import { checkOption } from "../../validate.ts";
import type { RedisLocation } from "./client.ts";

/** Options of `RedisStore`: one location, and what follows. */
export interface RedisStoreOptions extends RedisLocation {
  /** How links and states are written: `native`, or `legacy` to share a Redis with the Go and Java versions. */
  readonly layout?: "native" | "legacy";
  /** Options of `node:tls`, e.g. `ca`, for every connection that is not `client`'s. */
  readonly tls?: object;
  /** After this time without an answer a call fails with `TIMEOUT`. Default 1000 ms. */
  readonly timeoutMs?: number;
  /** With this many calls waiting for an answer, further ones fail with `OVERLOADED`. Default 10000. */
  readonly maxPending?: number;
  /**
   * So many replicas must have a new link, or a link's new owner, before the call is answered; else it fails with
   * `UNAVAILABLE` and outcome `unknown`. Costs a round trip and a third connection. Default 0: a failover may lose what
   * was acknowledged just before it, until the holders assert it again.
   */
  readonly ackReplicas?: number;
  readonly log?: Log;
}

/** What follows the location, checked and with defaults. */
export type RedisStoreSettings = Required<Omit<RedisStoreOptions, keyof RedisLocation | "tls">>;

const defaults = Object.freeze({ layout: "native", timeoutMs: 1000, maxPending: 10_000, ackReplicas: 0 } as const);
const layouts: readonly unknown[] = ["native", "legacy"];

/** Throws a `RangeError` that names the bad option. */
export const settingsOf = (options: RedisStoreOptions): RedisStoreSettings => {
  const { layout = defaults.layout, log = silentLog } = options;
  const check = (name: "timeoutMs" | "maxPending" | "ackReplicas", least: number, most: number): number =>
    checkOption(name, options[name] ?? defaults[name], least, most);
  const numbers = {
    timeoutMs: check("timeoutMs", 1, 60_000),
    maxPending: check("maxPending", 1, 1_000_000),
    ackReplicas: check("ackReplicas", 0, 100),
  };
  if (!layouts.includes(layout)) throw new RangeError(`layout must be native or legacy, got ${String(layout)}`);
  return { layout, log, ...numbers };
};
