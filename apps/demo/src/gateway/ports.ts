import type { IncomingMessage } from "node:http";
import type { Route } from "@route/executor";

/** What the gateway needs of a router; `StatefulRouter` fits. */
export interface RouterPort {
  /** The route as far as it is known without I/O. */
  peek(uid: string): Route | undefined;
  /** Links the uid if it has no link. */
  resolve(uid: string): Promise<Route>;
  forget(uid: string): void;
  refreshPods(): Promise<void>;
}

/** Reads links without making any; `ServiceScope` fits. */
export interface LinkReaderPort {
  getLinkedPod(uid: string): Promise<object | undefined>;
}

/** The trace of one request. */
export interface RequestTrace {
  /** W3C Trace Context for the pod, in place of what the client sent; `undefined` lets that pass. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Once, with what made the gateway answer itself, if it did. */
  end(error: unknown): void;
}

/** Whom a request is for. */
export interface Identity {
  readonly uid: string;
  /** A cookie to set with the answer. */
  readonly setCookie?: string | undefined;
}

/** Reads the uid from a request. Throws a `GatewayError` where none is to be found. */
export type Identify = (req: IncomingMessage) => Identity;
