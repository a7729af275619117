import type {
  HandedState,
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
  Tenure,
} from "../types.ts";

/** The answer to {@link StatefulStore.acquirePod}. */
export type AcquireResult =
  | { readonly acquired: true; readonly pod: PodId; readonly incarnation: number }
  /** Another incarnation's lease has not ended yet. */
  | { readonly acquired: false; readonly leaseLeftMs: number };

/** The answer to {@link StatefulStore.renewPod}. */
export type RenewResult =
  /**
   * `recreated`: the store had lost the pod's record, so that it may have lost links as well. `letters`: how many wait
   * in the pod's mailbox. `nowMs`: the store's time.
   */
  | { readonly renewed: true; readonly recreated: boolean; readonly letters: number; readonly nowMs: number }
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

/** What {@link StatefulStore.renewLinks} may be told besides. */
export interface RenewLinksOptions {
  readonly reassertUntilMs?: number | undefined;
}

/** The answer for one link of {@link StatefulStore.renewLinks}. */
export type LinkRenewal =
  /** `leftMs` until the link expires by the server's clock; `Infinity` if it is persistent. */
  | { readonly kept: true; readonly link: Link; readonly leftMs: number }
  /** The link that stands there instead, or `undefined` for none. */
  | { readonly kept: false; readonly link: Link | undefined };

/** The answer to {@link StatefulStore.takeUpLink}: that of a renewal, and what the last owner handed over. */
export type TakenUpLink = LinkRenewal & { readonly state?: HandedState | undefined };

/** The answer to the steps of a move: whether the link is now as asked, and the link that stands. */
export interface MoveResult {
  readonly done: boolean;
  readonly link: Link | undefined;
}

/** Something asked of a pod, as it lies in the pod's mailbox. */
export interface Letter {
  /** Grows; a number of the store's. */
  readonly id: string;
  readonly text: string;
}

/** Something that happened to a service. */
export type StoreEvent =
  /** Changes may have been missed. Comes first, and after every interruption. */
  | { readonly kind: "gap" }
  /** The link was made, changed hands, or was removed (`undefined`). Expiry and renewal are not told. */
  | { readonly kind: "link"; readonly uid: string; readonly link: Link | undefined }
  /** A pod came, went, was sealed or changed its routing state. */
  | { readonly kind: "pod"; readonly pod: PodId }
  /** A letter for the pod has arrived. */
  | { readonly kind: "letter"; readonly pod: PodId };

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
  /**
   * Takes the pod id under a new incarnation, unless another one's lease runs. Without an id, the lowest that was never
   * taken, was released, or may be sealed. The same `token` gets the same answer.
   */
  acquirePod(
    service: ServiceName,
    pod: PodId | undefined,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult>;
  /** Extends the lease to now + `leaseMs` and stores the status. */
  renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult>;
  /**
   * Ends the lease at once and seals the incarnation. With `returnMs` routers leave its uids where they are for so long,
   * for the same pod to come back. False if it was not its lease any more.
   */
  releasePod(service: ServiceName, owner: Owner, returnMs?: number): Promise<boolean>;
  /** Makes sure that this incarnation can never renew, if it is safe to say that it is dead. */
  sealPod(service: ServiceName, owner: Owner): Promise<SealResult>;
  /** All pods on record, sealed ones included, by id. */
  pods(service: ServiceName): Promise<PodRecord[]>;
  /** Puts letters into a pod's mailbox, which holds the last 100,000 for a day. */
  sendLetters(service: ServiceName, pod: PodId, texts: readonly string[]): Promise<void>;
  /**
   * Throws away the letters up to `after` ("" for none) and answers the next ones, at most `limit`. Only the present
   * incarnation of the pod gets any.
   */
  readLetters(service: ServiceName, owner: Owner, after: string, limit: number): Promise<Letter[]>;

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
  /**
   * Replaces exactly `expected` by a link to `owner` with a higher fence; answers the link that holds now. A state that
   * was handed over and not taken up yet goes along.
   */
  takeOver(
    name: LinkName,
    expected: Link,
    owner: Owner,
  ): Promise<{ readonly link: Link | undefined; readonly taken: boolean }>;
  /**
   * Renews links for the pod that holds them. With `reassertUntilMs`, and before that moment of the store's time, a link
   * that is missing, or older with the same pod, is written again: a message that was long on its way must not bring back
   * what was let go meanwhile.
   */
  renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    options?: RenewLinksOptions,
  ): Promise<LinkRenewal[]>;
  /** Renews one link for the pod that it names, which is about to hold it; answers the state handed over with it. */
  takeUpLink(name: LinkName, tenure: Tenure): Promise<TakenUpLink>;
  /** Throws the state away that was handed over under this fence: it has been taken up. */
  dropState(name: LinkName, fence: number): Promise<void>;
  /**
   * Marks the link of a tenure as moving to `target`, so that routers wait. The mark is void after `deadlineMs`.
   * Otherwise the tenure goes on.
   */
  beginMove(name: LinkName, tenure: Tenure, target: Owner, deadlineMs: number): Promise<MoveResult>;
  /** Takes the mark away. */
  cancelMove(name: LinkName, tenure: Tenure): Promise<MoveResult>;
  /** Gives the link to `target` under the next fence, and keeps `state` beside it until `dropState` or the link's end. */
  commitMove(name: LinkName, tenure: Tenure, target: Owner, state?: HandedState): Promise<MoveResult>;
  /** Keeps `state` beside the link for whoever takes it over next. */
  keepState(name: LinkName, tenure: Tenure, state: HandedState): Promise<MoveResult>;
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

  /**
   * Tells `listener` what happens to the service, soon and mostly: what is missed shows as a gap. Changes of one uid, and
   * those of pods and letters, come in their order; between the two a cluster, where they live on different nodes, has none.
   */
  subscribe(service: ServiceName, listener: (event: StoreEvent) => void): Disposable;
  /** Text that changes when a server was replaced or started anew, so that it may lack what was acknowledged. */
  replication(): Promise<string>;

  close(): Promise<void>;
}
