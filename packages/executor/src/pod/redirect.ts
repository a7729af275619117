import type { IncomingMessage } from "node:http";
import type { PodId } from "../types.ts";
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
  admit(uid: string, fence: number): Held | undefined;
  adopt(uid: string, fence: number): Promise<Admission>;
}

/** Serve it here, send the client there, or refuse. */
export type Direction =
  | { readonly held: Held }
  | { readonly location: string; readonly owner: PodId }
  | { readonly refused: Refusal };

/** Finds out who serves the uid. Rejects with the router's error. */
export const direct = async (
  arbiter: Arbiter,
  { router, locationOf }: RedirectOptions,
  uid: string,
  req: IncomingMessage,
): Promise<Direction> => {
  let refused: Refusal = "not-owner";
  for (let attempt = 0; attempt < 2; attempt++) {
    const route = await router.resolve(uid);
    if (route.pod !== arbiter.id) {
      const location = locationOf?.(route, req) ?? `http://${route.address}${req.url ?? "/"}`;
      return { location, owner: route.pod };
    }
    const held = arbiter.admit(uid, route.fence);
    const admission: Admission = held ? { held } : await arbiter.adopt(uid, route.fence);
    if (admission.held) return { held: admission.held };
    refused = admission.refused;
    router.forget(uid);
  }
  return { refused };
};
