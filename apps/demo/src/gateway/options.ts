import type { IncomingMessage } from "node:http";
import type { Route } from "@route/executor";
import type { LinkLimit } from "./link-limit.ts";
import type { Identify, LinkReaderPort, RequestTrace, RouterPort } from "./ports.ts";

/** What became of a request, told once, at its end; of an upgraded one, when the protocol is switched. */
export interface Served {
  readonly req: IncomingMessage;
  readonly uid: string | undefined;
  /** What the client was answered; 499 if it left before. */
  readonly status: number;
  readonly durationMs: number;
  /** The route that it took last, if any. */
  readonly route: Route | undefined;
  /** The gateway's own error code, if it answered itself. */
  readonly code: string | undefined;
}

/** Bounds of what clients may do and how long things may take. */
export interface GatewayLimits {
  /** Bodies up to this size are kept, so that a refused request can be sent again. Default 64 KiB. */
  readonly replayBytes: number;
  /** For so long after its first refusal a request is sent again: the next owner is usually known at once. Default 1000 ms. */
  readonly replayForMs: number;
  /** Larger ones are answered 413. Default 1 GiB. */
  readonly maxBodyBytes: number;
  /** Larger heads are answered 431. Default 16 KiB. */
  readonly maxHeaderBytes: number;
  /** A client must have sent its head by then, else 408. Default 10000 ms. */
  readonly headersTimeoutMs: number;
  /** A client must have sent its body by then. Default 300000 ms. */
  readonly requestTimeoutMs: number;
  /** A client's connection without any traffic is closed. Default 120000 ms. */
  readonly idleTimeoutMs: number;
  /** The longest wait for the head of a pod's answer, and between two parts of its body. Default 10000 ms. */
  readonly upstreamTimeoutMs: number;
  /** So long a request waits for an owner whose lease has ended but who may come back, before it is answered 503. Default 1000 ms. */
  readonly ownerWaitMs: number;
  /** Default 1024. */
  readonly connectionsPerPod: number;
}

/** The defaults of {@link GatewayLimits}. */
export const gatewayLimits: GatewayLimits = Object.freeze({
  replayBytes: 64 * 1024,
  replayForMs: 1000,
  maxBodyBytes: 2 ** 30,
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  idleTimeoutMs: 120_000,
  upstreamTimeoutMs: 10_000,
  ownerWaitMs: 1000,
  connectionsPerPod: 1024,
});

/** Options of `createGateway`. */
export interface GatewayOptions extends Partial<GatewayLimits> {
  readonly router: RouterPort;
  /** Shared with the pods. */
  readonly secret: string;
  /** Default: `identifyBy()`. */
  readonly identify?: Identify;
  /** Whether uids without a link get one; if not they are answered 404. Default true. False needs `links`. */
  readonly create?: boolean;
  /** How many links one address may make; beyond it 429. Needs `links`. */
  readonly linkLimit?: LinkLimit | undefined;
  readonly links?: LinkReaderPort | undefined;
  /** Begins the trace of a request, or not. */
  readonly startTrace?: ((req: IncomingMessage) => RequestTrace | undefined) | undefined;
  /** Told of every route that a request takes, before it is sent. */
  readonly onRoute?: ((route: Route, resolveMs: number) => void) | undefined;
  readonly onServed?: ((served: Served) => void) | undefined;
}

const mayBeZero: ReadonlySet<string> = new Set(["replayBytes", "replayForMs", "ownerWaitMs"]);

/** Limits with their defaults. Throws a `RangeError` for a value that makes no sense. */
export const resolveLimits = (options: Partial<GatewayLimits>): GatewayLimits => {
  const limits: Record<string, number> = {};
  for (const name of Object.keys(gatewayLimits) as (keyof GatewayLimits)[]) {
    const value = options[name] ?? gatewayLimits[name];
    const least = mayBeZero.has(name) ? 0 : 1;
    if (!(Number.isInteger(value) && value >= least && value <= 2 ** 40)) {
      throw new RangeError(`${name} must be an integer from ${least} to 2^40, got ${value}`);
    }
    limits[name] = value;
  }
  return limits as unknown as GatewayLimits;
};
