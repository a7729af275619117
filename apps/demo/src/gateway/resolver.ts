import type { IncomingMessage } from "node:http";
import type { Route } from "@route/executor";
import { GatewayError, toRouteError } from "./errors.ts";
import type { LinkLimit } from "./link-limit.ts";
import type { LinkReaderPort, RouterPort } from "./ports.ts";

/** Finds the way to the owner of a uid. */
export interface Resolver {
  /** Without I/O. */
  peek(uid: string): Route | undefined;
  resolve(uid: string, req: IncomingMessage): Promise<Route>;
  forget(uid: string): void;
  refreshPods(): Promise<void>;
}

/** Options of {@link createResolver}. */
export interface ResolverOptions {
  readonly router: RouterPort;
  /** Asked before a link is made, where `create` or `limit` want to know. */
  readonly links: LinkReaderPort | undefined;
  /** Whether uids without a link get one. */
  readonly create: boolean;
  readonly limit: LinkLimit | undefined;
  readonly onRoute: (route: Route, resolveMs: number) => void;
}

/** A router that tells of every route, and makes links only for those who may have them. */
export const createResolver = ({ router, links, create, limit, onRoute }: ResolverOptions): Resolver => {
  const admit = async (uid: string, req: IncomingMessage): Promise<void> => {
    if (!links || (create && !limit)) return;
    if ((await links.getLinkedPod(uid)) !== undefined) return;
    if (!create) throw new GatewayError(404, "UID_UNKNOWN", "the uid has no link, and this gateway makes none");
    const waitMs = limit?.take(req.socket.remoteAddress ?? "") ?? 0;
    if (waitMs > 0) {
      throw new GatewayError(429, "TOO_MANY_LINKS", "this address asks for new uids too fast", {
        retryAfterMs: waitMs,
      });
    }
  };
  return {
    peek: (uid) => {
      const route = router.peek(uid);
      if (route) onRoute(route, 0);
      return route;
    },
    resolve: async (uid, req) => {
      const startMs = performance.now();
      try {
        await admit(uid, req);
        const route = await router.resolve(uid);
        onRoute(route, performance.now() - startMs);
        return route;
      } catch (error) {
        throw toRouteError(error);
      }
    },
    forget: (uid) => router.forget(uid),
    refreshPods: () => router.refreshPods(),
  };
};
