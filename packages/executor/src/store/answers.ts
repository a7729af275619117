import type { HandedState, Link, LinkLifetime, LinkOrigin, PodId } from "../types.ts";

/** The answer to `StatefulStore.acquirePod`. */
export type AcquireResult =
  | { readonly acquired: true; readonly pod: PodId; readonly incarnation: number }
  /** Another incarnation's lease has not ended yet. */
  | { readonly acquired: false; readonly leaseLeftMs: number };

/** The answer to `StatefulStore.renewPod`. */
export type RenewResult =
  /**
   * `recreated`: the store had lost the pod's record, so that it may have lost links as well. `letters`: how many wait
   * in the pod's mailbox. `nowMs`: the store's time.
   */
  | { readonly renewed: true; readonly recreated: boolean; readonly letters: number; readonly nowMs: number }
  | { readonly renewed: false; readonly reason: "sealed" | "superseded" };

/** The answer to `StatefulStore.sealPod`. */
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

/** What `StatefulStore.renewLinks` may be told besides. */
export interface RenewLinksOptions {
  readonly reassertUntilMs?: number | undefined;
}

/** The answer for one link of `StatefulStore.renewLinks`. */
export type LinkRenewal =
  /** `leftMs` until the link expires by the server's clock; `Infinity` if it is persistent. */
  | { readonly kept: true; readonly link: Link; readonly leftMs: number }
  /** The link that stands there instead, or `undefined` for none. */
  | { readonly kept: false; readonly link: Link | undefined };

/** The answer to `StatefulStore.takeUpLink`: that of a renewal, and what the last owner handed over. */
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

/** The answer to `StatefulStore.setLink`. `previous`: the link that it replaced, none if it was free. */
export interface SetLinkResult {
  readonly link: Link;
  readonly previous: Link | undefined;
}

/** The answer to `StatefulStore.trySetLink`. If not `applied`, `link` is the persistent one that stands. */
export interface TrySetLinkResult extends SetLinkResult {
  readonly applied: boolean;
}
