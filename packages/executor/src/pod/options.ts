import type { Clock, Log, PlacementPort } from "../ports.ts";
import type { StatefulStore } from "../store/store.ts";
import type { HandedState, LinkLifetime, PodStatus, ServiceName } from "../types.ts";
import { checkPodStatus } from "../validate.ts";
import type { AcquireDetails } from "./adoption.ts";
import type { ReleaseReason } from "./hand-over.ts";
import type { LossReason } from "./held-table.ts";
import type { LoadMeasure } from "./load.ts";
import type { PodIdSource } from "./pod-id.ts";

/** What user code is asked and told about the uids of its pod. */
export interface PodCallbacks {
  /**
   * The pod takes up a uid, with what the last owner handed over; awaited before its first request is served. If it
   * throws, the request gets 503 and the state stays for the next try.
   */
  readonly onAcquire?: (uid: string, details: AcquireDetails) => unknown;
  /**
   * The uid leaves as planned (`move`, `release`, or `hold` for the pod's own next life): nothing is in flight any more.
   * Return what the next owner shall get: text or bytes, at most 1 MiB. If it throws, the uid stays.
   */
  readonly onRelease?: (
    uid: string,
    details: { readonly fence: number; readonly reason: ReleaseReason },
  ) => HandedState | undefined | Promise<HandedState | undefined>;
  /** The pod does not own the uid any more: forget its state, write nothing more for it. */
  readonly onLost?: (uid: string, details: { readonly fence: number; readonly reason: LossReason }) => unknown;
  /** The uid was not used for its link's lifetime and is let go; its link is removed after this. */
  readonly onIdle?: (uid: string, details: { readonly fence: number }) => unknown;
}

/** Options of `PodAgent`. */
export interface PodAgentOptions extends ServiceName, PodCallbacks {
  /** Not closed by the agent. */
  readonly store: StatefulStore;
  /** The pod's number, an integer >= 0; `"hostname"` for the one at the end of the host name; `"claim"` for a free one. */
  readonly id: PodIdSource;
  /** `host:port` at which gateways reach this pod. */
  readonly address: string;
  /** The version of the code; free text. While several are about, new uids go to the newest. Default empty. */
  readonly revision?: string;
  /** What placement may ask for, e.g. `{ zone: "a" }`. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** With so many uids the pod takes no new ones. What is handed over to it, it takes all the same. Default no bound. */
  readonly maxLinks?: number;
  /** How long the pod counts as alive without a renewal, in milliseconds. Renewed every third of it. Default 10000. */
  readonly leaseMs?: number;
  /** Covers clock drift between this machine and the store, in milliseconds. Default a tenth of the lease. */
  readonly marginMs?: number;
  /** At the end of a lease that cannot be renewed: stop serving (`refuse`, default), or go on and risk two owners (`serve`). */
  readonly onStoreLost?: "refuse" | "serve";
  /** What gateways must send along; requests without it get 403. Default none. */
  readonly secret?: string;
  /** How busy the pod is; smaller is freer. Default `"held"`, the number of uids. */
  readonly load?: LoadMeasure;
  /** How long a link that `claim` makes outlives its last renewal, in seconds, or "persistent". Default 3600. */
  readonly linkLifetimeSeconds?: LinkLifetime;
  /** A uid that leaves waits so long for its requests in flight, in milliseconds; then their signal fires. Default 5000. */
  readonly quietMs?: number;
  /** Chooses among the other pods for a uid that leaves. Default: the freer of two random ones. */
  readonly placement?: PlacementPort;
  readonly clock?: Clock;
  readonly wallClock?: Clock;
  readonly log?: Log;
}

/** The defaults of {@link PodAgentOptions}. */
export const podDefaults: {
  readonly leaseMs: number;
  readonly marginRatio: number;
  readonly linkLifetimeSeconds: number;
  readonly quietMs: number;
  readonly graceMs: number;
  readonly returnMs: number;
} = Object.freeze({
  leaseMs: 10_000,
  marginRatio: 0.1,
  linkLifetimeSeconds: 3600,
  quietMs: 5000,
  graceMs: 5000,
  returnMs: 60_000,
});

/** What the pod says of itself and never changes. Throws `INVALID_ARGUMENT`. */
export const statusOf = (options: PodAgentOptions): Omit<PodStatus, "state" | "load" | "held"> => {
  const { address, revision = "", labels, maxLinks } = options;
  const status = { address, revision, ...(labels ? { labels } : {}), ...(maxLinks === undefined ? {} : { maxLinks }) };
  checkPodStatus({ ...status, state: "ready", load: 0 });
  return status;
};
