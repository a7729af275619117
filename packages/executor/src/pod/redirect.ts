import type { IncomingMessage } from "node:http";
import QuickLRU from "quick-lru";
import type { PodId, RoutingState } from "../types.ts";
import type { Admission, Held, Refusal } from "./held.ts";

/** For fleets without a gateway: any pod gets any request, and sends the client on to the owner. */
export interface RedirectOptions {
  /** Finds the owner; a `StatefulRouter` of the same service. Not closed by the guard. */
  readonly router: {
    resolve(uid: string): Promise<{ readonly pod: PodId; readonly fence: number; readonly address: string }>;
    forget(uid: string): void;
  };
  /** The uid that a request is for; `undefined` gets 400. */
  readonly uidOf: (req: IncomingMessage) => string | undefined;
  /** Where the client is sent, with 307. Default: `http://` + the owner's address + the path of the request. */
  readonly locationOf?: (owner: { readonly pod: PodId; readonly address: string }, req: IncomingMessage) => string;
}

/** What the guard needs of the pod agent. */
export interface Arbiter {
  readonly id: PodId | undefined;
  readonly load: number;
  readonly state: RoutingState;
  admit(uid: string, fence?: number | string): Held | undefined;
  adopt(uid: string, fence: number): Promise<Admission>;
}

/** Serve it here, send the client there, or refuse. */
export type Direction =
  | { readonly held: Held }
  | { readonly location: string; readonly owner: PodId }
  | { readonly refused: Refusal };

/** A client that comes back so soon was sent in a circle, by pods whose hints name each other. */
const circleMs = 1000;
const remembered = 10_000;

/** Finds out who serves the uids of requests that come straight from clients. */
export class Redirector {
  readonly #arbiter: Arbiter;
  readonly #options: RedirectOptions;
  /** The uids sent on of late, and whether the store was asked for them since. */
  readonly #sent = new QuickLRU<string, { readonly isChecked: boolean }>({ maxSize: remembered, maxAge: circleMs });

  constructor(arbiter: Arbiter, options: RedirectOptions) {
    this.#arbiter = arbiter;
    this.#options = options;
  }

  /** The uid that the request is for, if it names one. Never throws: what comes from clients may be anything. */
  uidOf(req: IncomingMessage): string | undefined {
    try {
      return this.#options.uidOf(req) || undefined;
    } catch {
      return undefined;
    }
  }

  /** Rejects with the router's error. */
  async direct(uid: string, req: IncomingMessage): Promise<Direction> {
    // The pod is the arbiter: what it holds it serves, whatever its router remembers, and without the store too.
    const own = this.#arbiter.admit(uid);
    if (own) return { held: own };
    const { router, locationOf } = this.#options;
    this.#breakCircle(uid);
    let refused: Refusal = "not-owner";
    for (let attempt = 0; attempt < 2; attempt++) {
      const route = await router.resolve(uid);
      if (route.pod !== this.#arbiter.id) {
        if (!this.#sent.has(uid)) this.#sent.set(uid, { isChecked: false });
        const location = locationOf?.(route, req) ?? `http://${route.address}${req.url ?? "/"}`;
        return { location, owner: route.pod };
      }
      const admission = await this.#arbiter.adopt(uid, route.fence);
      if (admission.held) return { held: admission.held };
      refused = admission.refused;
      router.forget(uid);
    }
    return { refused };
  }

  // At most one read a second for a uid that many clients ask the wrong pod for.
  #breakCircle(uid: string): void {
    if (this.#sent.get(uid)?.isChecked !== false) return;
    this.#sent.set(uid, { isChecked: true });
    this.#options.router.forget(uid);
  }
}
