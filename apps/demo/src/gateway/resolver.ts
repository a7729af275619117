import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecutorError, type Route } from "@route/executor";
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
  /** For so long an owner whose lease has ended is waited for. */
  readonly ownerWaitMs: number;
  readonly onRoute: (route: Route, resolveMs: number) => void;
}

const ownerPauseMs = 50;

/** A router that tells of every route, and makes links only for those who may have them. */
export const createResolver = ({ router, links, create, limit, ownerWaitMs, onRoute }: ResolverOptions): Resolver => {
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
  // After an outage the store is back a moment before the pods have renewed.
  const resolveSoon = async (uid: string): Promise<Route> => {
    const endMs = performance.now() + ownerWaitMs;
    for (;;) {
      try {
        return await router.resolve(uid);
      } catch (error) {
        const mayComeBack = error instanceof ExecutorError && error.code === "OWNER_UNREACHABLE";
        if (!mayComeBack || performance.now() + ownerPauseMs > endMs) throw error;
        await sleep(ownerPauseMs);
      }
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
        const route = await resolveSoon(uid);
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
