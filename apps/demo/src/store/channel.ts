import type { ExecutorErrorCode, Outcome } from "@route/executor";

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

const hasType = (message: unknown, type: string): boolean =>
  typeof message === "object" && message !== null && (message as { type?: unknown }).type === type;

export const isStoreCall = (message: unknown): message is StoreCall => hasType(message, "route-store-call");
export const isStoreReply = (message: unknown): message is StoreReply => hasType(message, "route-store-reply");
