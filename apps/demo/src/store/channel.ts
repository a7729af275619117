import type { ExecutorErrorCode, Outcome, ServiceName, StatefulStore, StoreEvent } from "@route/executor";

/** What a store can be asked, each with an answer. */
export const storeOperations = [
  "acquirePod",
  "renewPod",
  "releasePod",
  "sealPod",
  "pods",
  "sendLetters",
  "readLetters",
  "getLink",
  "getLinks",
  "linkedServices",
  "setLink",
  "trySetLink",
  "linkIfAbsent",
  "takeOver",
  "renewLinks",
  "takeUpLink",
  "dropState",
  "beginMove",
  "cancelMove",
  "commitMove",
  "keepState",
  "removeLink",
  "setPodState",
  "podStates",
  "setWorkloadState",
  "workloadStates",
  "replication",
] as const satisfies readonly (keyof StatefulStore)[];

/** One side of a Node IPC channel: a `ChildProcess`, or `process` in a child. */
export interface Channel {
  readonly connected?: boolean | undefined;
  // biome-ignore lint/suspicious/noConfusingVoidType: `process.send` and `ChildProcess.send` differ in what they return.
  send?(message: unknown, callback: (error: Error | null) => void): boolean | void;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  off(event: "message", listener: (message: unknown) => void): unknown;
  off(event: "disconnect", listener: () => void): unknown;
}

/** A store call on its way to the process that holds the store. */
export interface StoreCall {
  readonly type: "route-store-call";
  readonly id: number;
  readonly operation: string;
  readonly args: readonly unknown[];
}

/** An `ExecutorError` as plain data. */
export interface StoreFault {
  readonly code: ExecutorErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly outcome: Outcome;
}

/** The answer to a {@link StoreCall}: a value, or a fault. */
export interface StoreReply {
  readonly type: "route-store-reply";
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: StoreFault;
}

/** Begins to hear what happens to a service, or ends that. */
export interface StoreSubscription {
  readonly type: "route-store-subscription";
  readonly id: number;
  /** None ends it. */
  readonly service?: ServiceName;
}

/** News for a {@link StoreSubscription}. */
export interface StoreNews {
  readonly type: "route-store-news";
  readonly id: number;
  readonly event: StoreEvent;
}

const hasType = (message: unknown, type: string): boolean =>
  typeof message === "object" && message !== null && (message as { type?: unknown }).type === type;

export const isStoreCall = (message: unknown): message is StoreCall => hasType(message, "route-store-call");
export const isStoreSubscription = (message: unknown): message is StoreSubscription =>
  hasType(message, "route-store-subscription");
export const isStoreNews = (message: unknown): message is StoreNews => hasType(message, "route-store-news");
export const isStoreReply = (message: unknown): message is StoreReply => hasType(message, "route-store-reply");
