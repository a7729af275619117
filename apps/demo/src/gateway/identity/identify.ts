import { randomUUID } from "node:crypto";
import { checkUid, ExecutorError } from "@route/executor";
import { GatewayError } from "../errors.ts";
import type { Identify } from "../ports.ts";
import type { SignedCookie } from "./signed-cookie.ts";
import { cookieSource, headerSource, querySource, type UidSource } from "./sources.ts";

/** Options of {@link identifyBy}. */
export interface IdentifyOptions {
  /** In the order in which they count. Default: the header `x-route-uid`, the query parameter and the cookie `uid`. */
  readonly sources?: readonly UidSource[];
  /** Asked after the sources. A request without any uid is given a new one in this cookie. */
  readonly signedCookie?: SignedCookie | undefined;
  /**
   * A request without any uid goes to a pod that takes new ones, under a uid for this request alone: for pods that mint
   * ids themselves and `claim` them, and release that one. Default false.
   */
  readonly anonymous?: boolean;
}

/** How the uids of requests that name none begin. */
const anonymousPrefix = "anonymous-";

const listed = (places: readonly string[]): string =>
  places.length < 2 ? places.join("") : `${places.slice(0, -1).join(", ")}, or ${places.at(-1)}`;

/** Finds the uid of a request. What it returns throws a 400 that says where a uid may stand. */
export const identifyBy = ({ sources, signedCookie, anonymous = false }: IdentifyOptions = {}): Identify => {
  const all = sources ?? [headerSource(), querySource(), cookieSource()];
  const places = listed(all.map(({ place }) => place));
  return (req) => {
    let uid: string | undefined;
    for (let at = 0; uid === undefined && at < all.length; at++) uid = all[at]!.read(req);
    uid ??= signedCookie?.read(req);
    if (uid === undefined) {
      if (signedCookie) return signedCookie.issue();
      if (anonymous) return { uid: `${anonymousPrefix}${randomUUID()}` };
      throw new GatewayError(400, "UID_MISSING", `the request names no uid: put it in ${places}`);
    }
    try {
      return { uid: checkUid(uid) };
    } catch (error) {
      if (!(error instanceof ExecutorError)) throw error;
      throw new GatewayError(400, "UID_INVALID", `${error.message}; a uid stands in ${places}`);
    }
  };
};
