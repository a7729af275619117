import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "@route/executor";
import { GatewayError, sendError } from "./errors.ts";
import type { Forwarder, OnUpgrade } from "./forwarder.ts";
import type { GatewayOptions } from "./options.ts";
import type { Identify } from "./ports.ts";

/** What a request handler works with. */
export interface RequestHandlerOptions extends Pick<GatewayOptions, "startTrace" | "onServed"> {
  readonly forwarder: Forwarder;
  readonly identify: Identify;
  /** Whether the gateway is about to end. */
  readonly isStopping: () => boolean;
}

/** What sets a request apart from a plain one. */
export interface RequestExtras {
  /** It wants another protocol. */
  readonly onUpgrade?: OnUpgrade;
  /** Its client sends the body after a 100. */
  readonly expectsContinue?: boolean;
}

const plain: RequestExtras = Object.freeze({});

const toGatewayError = (error: unknown): GatewayError => {
  if (error instanceof GatewayError) return error;
  return new GatewayError(502, "GATEWAY_ERROR", "the request could not be forwarded", { cause: error });
};

/** Serves one request from its head to its end, whatever happens, and tells of it once. */
export const createRequestHandler = (options: RequestHandlerOptions) => {
  const { forwarder, identify, isStopping, startTrace, onServed } = options;

  return async (req: IncomingMessage, res: ServerResponse, extras: RequestExtras = plain): Promise<void> => {
    const startMs = performance.now();
    const trace = startTrace?.(req);
    let uid: string | undefined;
    let route: Route | undefined;
    let failure: GatewayError | undefined;
    const finish = (status: number): void => {
      trace?.end(failure);
      onServed?.({ req, uid, status, durationMs: performance.now() - startMs, route, code: failure?.code });
    };
    const onUpgrade: OnUpgrade | undefined =
      extras.onUpgrade &&
      ((upgraded, by, setCookie) => {
        extras.onUpgrade?.(upgraded, by, setCookie);
        finish(101);
      });
    const onTake = (taken: Route): void => {
      route = taken;
    };
    const onRead = (): void => {
      if (extras.expectsContinue) res.writeContinue();
    };
    res.once("close", () => finish(res.writableFinished ? res.statusCode : 499));
    try {
      if (req.method === "TRACE") throw new GatewayError(405, "METHOD", "TRACE would show what pods are told");
      const identity = identify(req);
      uid = identity.uid;
      await forwarder.forward({ req, res, identity, trace, onRead, onTake, onUpgrade, isLast: isStopping });
    } catch (error) {
      failure = toGatewayError(error);
      // What is left of the body would be taken for the next request.
      if (isStopping() || !req.complete) res.shouldKeepAlive = false;
      sendError(res, failure);
    }
  };
};
