import type {
  Link,
  LinkExpectation,
  LinkLifetime,
  LinkName,
  Owner,
  PodId,
  PodRecord,
  PodState,
  PodStatus,
  ReportedState,
  ServiceName,
} from "../types.ts";

/** The answer to {@link StatefulStore.acquirePod}. */
export type AcquireResult =
  | { readonly acquired: true; readonly incarnation: number }
  /** Another incarnation's lease has not ended yet. */
  | { readonly acquired: false; readonly leaseLeftMs: number };

/** The answer to {@link StatefulStore.renewPod}. */
export type RenewResult =
  /** `recreated`: the store had lost the pod's record, so that it may have lost links as well. */
  | { readonly renewed: true; readonly recreated: boolean }
  | { readonly renewed: false; readonly reason: "sealed" | "superseded" };

/** The answer to {@link StatefulStore.sealPod}. */
export type SealResult =
  | { readonly sealed: true }
  /**
   * `alive`: its lease has not ended. `silent`: nobody of the service renews, so that the store rather than the pod may
   * be at fault. `young`: renewals have only just begun again; everybody gets one lease first.
   */
  | { readonly sealed: false; readonly reason: "alive" | "silent" | "young"; readonly waitMs: number };

/** One link that its holder renews. */
export interface HeldLink {
  readonly uid: string;
  readonly fence: number;
  readonly lifetimeSeconds: LinkLifetime;
  readonly origin: LinkOrigin;
}
type LinkOrigin = Link["origin"];

/** The answer for one link of {@link StatefulStore.renewLinks}. */
export type LinkRenewal =
  /** `leftMs` until the link expires by the server's clock; `Infinity` if it is persistent. */
  | { readonly kept: true; readonly link: Link; readonly leftMs: number }
  /** The link that stands there instead, or `undefined` for none. */
  | { readonly kept: false; readonly link: Link | undefined };

/** The answer to {@link StatefulStore.setLink}. `previous`: the link that it replaced, none if it was free. */
export interface SetLinkResult {
  readonly link: Link;
  readonly previous: Link | undefined;
}

/** The answer to {@link StatefulStore.trySetLink}. If not `applied`, `link` is the persistent one that stands. */
export interface TrySetLinkResult extends SetLinkResult {
  readonly applied: boolean;
}

/**
 * Where links, pod leases and reported states are kept. All operations are atomic and safe to send twice; inputs have
 * been validated. Time is the store's own: no client clock decides about another pod. Failures are `ExecutorError`s with
 * an outcome.
 */
export interface StatefulStore {
  /** Takes the pod id under a new incarnation, unless another one's lease runs. The same `token` gets the same answer. */
  acquirePod(
    service: ServiceName,
    pod: PodId,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult>;
  /** Extends the lease to now + `leaseMs` and stores the status. */
  renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult>;
  /** Ends the lease at once and seals the incarnation. False if it was not its lease any more. */
  releasePod(service: ServiceName, owner: Owner): Promise<boolean>;
  /** Makes sure that this incarnation can never renew, if it is safe to say that it is dead. */
  sealPod(service: ServiceName, owner: Owner): Promise<SealResult>;
  /** All pods on record, sealed ones included, by id. */
  pods(service: ServiceName): Promise<PodRecord[]>;

  getLink(name: LinkName): Promise<Link | undefined>;
  /** The links of several uids, in their order. Each is read atomically, not all at one instant. */
  getLinks(service: ServiceName, uids: readonly string[]): Promise<(Link | undefined)[]>;
  /**
   * The persistent links of a uid by service. Read from an index, then from the links themselves; what the index has
   * wrong is mended. Links with a lifetime are not listed.
   */
  linkedServices(namespace: string, uid: string): Promise<Map<string, Link>>;
  /** Links the uid unless it is linked already; answers the link that holds now. */
  linkIfAbsent(
    name: LinkName,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ readonly link: Link; readonly created: boolean }>;
  /** Links the uid, whatever stands there. The fence grows unless the owner stays the same. */
  setLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult>;
  /** The same, unless a persistent link to another pod stands there. */
  trySetLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult>;
  /** Replaces exactly `expected` by a link to `owner` with a higher fence; answers the link that holds now. */
  takeOver(
    name: LinkName,
    expected: Link,
    owner: Owner,
  ): Promise<{ readonly link: Link | undefined; readonly taken: boolean }>;
  /** Renews links for the pod that holds them. With `reassert`, a link that is missing is written again. */
  renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    options?: { readonly reassert?: boolean },
  ): Promise<LinkRenewal[]>;
  /**
   * Removes the link; with `expected`, only while it is as expected. With `graceSeconds` >= 1 it stays readable for so
   * long, as a temporary link that renewals do not extend. Sent twice, it may answer false for what it did itself.
   */
  removeLink(name: LinkName, expected?: LinkExpectation, graceSeconds?: number): Promise<boolean>;

  /** Keeps what a pod says of itself, until seven days after its last word. */
  setPodState(service: ServiceName, pod: PodId, state: string): Promise<void>;
  /** What the pods of a service reported, by pod id. */
  podStates(service: ServiceName): Promise<PodState[]>;
  /** Keeps one text for the whole service. */
  setWorkloadState(service: ServiceName, state: string): Promise<void>;
  /** The texts of several services, in their order. */
  workloadStates(namespace: string, services: readonly string[]): Promise<(ReportedState | undefined)[]>;

  close(): Promise<void>;
}
