import type { RoutingState } from "@route/executor";

/** How a pod process is to run; handed over in its environment as JSON. */
export interface PodConfig {
  readonly namespace: string;
  readonly service: string;
  readonly id: number;
  /** What the pod serves: a counter for each uid (default), or Model Context Protocol sessions. */
  readonly kind?: "counter" | "mcp" | undefined;
  readonly leaseMs: number;
  /** How long the pod serves on after SIGTERM, in milliseconds. */
  readonly drainMs: number;
  readonly secret: string;
  /** What the pod does at the end of a lease that it cannot renew. Default `refuse`. */
  readonly onStoreLost?: "refuse" | "serve" | undefined;
  /** A fault that it has from the beginning. */
  readonly fault?: PodFault | undefined;
  /** Without it the store of the parent process is used. */
  readonly redisUrl?: string | undefined;
  /** How long the store may take to answer. */
  readonly storeTimeoutMs?: number | undefined;
  /** A JSON line for each request served is appended to this file. */
  readonly logFile?: string | undefined;
}

/** A fault to show what the gateway makes of it. */
export interface PodFault {
  /** Every answer waits so long, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** Every request's connection is reset. */
  readonly reset?: boolean | undefined;
  /** Every connection is reset as soon as it is made, while the lease is renewed as if all were well: a black hole. */
  readonly deaf?: boolean | undefined;
}

/** A pod as its process sees it. */
export interface Pod {
  readonly agent: { readonly incarnation: number | undefined };
  readonly address: string;
  setFault?(fault: PodFault): void;
  /** Hands over what it holds, then stops. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** From the parent to a pod. */
export type ToPod = { readonly type: "stop" } | { readonly type: "fault"; readonly fault: PodFault };

/** From a pod to the parent. */
export type FromPod =
  | { readonly type: "ready"; readonly address: string; readonly incarnation: number }
  | { readonly type: "state"; readonly state: RoutingState };

/** The environment variable that holds the {@link PodConfig}. */
export const podConfigVariable = "ROUTE_POD_CONFIG";
