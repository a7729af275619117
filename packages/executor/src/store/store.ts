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
import type {
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
} from "./answers.ts";

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
