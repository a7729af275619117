/** A pod's number, an integer >= 0. Pod 0 is a pod; "none" is `undefined`. */
export type PodId = number;

/** `ready` takes new links, `deny-new` keeps the ones it has, `shutdown` is gone. */
export type RoutingState = "ready" | "deny-new" | "shutdown";

/** How long a link outlives its last renewal, in whole seconds >= 1, or for ever. */
export type LinkLifetime = number | "persistent";

/** Why an owner came to hold a uid. */
export type LinkOrigin = "new" | "move" | "takeover" | "restart";

/** A stateful workload with numbered pods. */
export interface ServiceName {
  readonly namespace: string;
  readonly service: string;
}

/** The name of one link. */
export interface LinkName extends ServiceName {
  readonly uid: string;
}

/** One life of a pod. */
export interface Owner {
  readonly pod: PodId;
  /**
   * Grows with each start of the pod id; server time in microseconds at least, below 2^53. In a link 0 stands for
   * whichever life the pod has: so it is in links that name a pod only.
   */
  readonly incarnation: number;
}

/** Whom a link shall name: a pod, or one life of it. */
export interface LinkTarget {
  readonly pod: PodId;
  readonly incarnation?: number | undefined;
}

/** What a link must be for a change to happen; what is left out may be anything. */
export interface LinkExpectation extends LinkTarget {
  readonly fence?: number | undefined;
}

/** Where a uid's state lives. */
export interface Link extends Owner {
  /** Grows with each change of the link's owner; server time in microseconds at least, below 2^53. 0 in the legacy layout. */
  readonly fence: number;
  readonly lifetimeSeconds: LinkLifetime;
  readonly origin: LinkOrigin;
  /** While the owner is handing the uid over: to whom. */
  readonly moving?: Owner | undefined;
}

/** A tenure: one owner under one fence. */
export interface Tenure extends Owner {
  readonly fence: number;
}

/** What a pod hands over with a uid: text or bytes, at most 1 MiB. Comes out as it went in. */
export type HandedState = string | Uint8Array;

/** What a pod says of itself. */
export interface PodStatus {
  /** `host:port` at which gateways reach the pod. */
  readonly address: string;
  /** The version of the code it runs; free text. */
  readonly revision: string;
  readonly state: RoutingState;
  /** The pod's own measure of how busy it is; smaller is freer. */
  readonly load: number;
  /** How many uids it holds. */
  readonly held?: number | undefined;
  /** How many it takes at most. */
  readonly maxLinks?: number | undefined;
  /** What placement may ask for, e.g. `{ zone: "a" }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A pod as the store knows it. */
export interface PodRecord extends Owner, PodStatus {
  /** A sealed incarnation can never renew: its uids may be taken over. */
  readonly sealed: boolean;
  /** What was left of the lease when the store answered, in milliseconds by the server's clock; <= 0 when it has ended. */
  readonly leaseLeftMs: number;
  /** For so long the uids of this sealed incarnation wait for the pod to come back; <= 0 for not at all. */
  readonly returnLeftMs: number;
}

/** Text that a service keeps about itself; opaque here. */
export interface ReportedState {
  readonly state: string;
  /**
   * Time since it was written, in milliseconds by the server's clock. `undefined` in the legacy layout, unless the text
   * ends in `-` and the milliseconds since the epoch.
   */
  readonly ageMs: number | undefined;
}

/** What one pod reported last. */
export interface PodState extends ReportedState {
  readonly pod: PodId;
}
