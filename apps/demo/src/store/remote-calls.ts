import { ExecutorError } from "@route/executor";
import { type Channel, isStoreReply } from "./channel.ts";

interface Waiting {
  readonly operation: string;
  readonly timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: ExecutorError): void;
}

type EndCode = "CLOSED" | "UNAVAILABLE";

/** Calls to the process at the other end of a channel that wait for their answers. */
export class RemoteCalls {
  readonly #channel: Channel;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended: EndCode | undefined;

  constructor(channel: Channel, timeoutMs: number) {
    this.#channel = channel;
    this.#timeoutMs = timeoutMs;
    channel.on("message", this.#onMessage);
    channel.on("disconnect", this.#onDisconnect);
  }

  async call(operation: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#ended) throw new ExecutorError(this.#ended, `${operation}: the store cannot be reached`, { operation });
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const late = (): void => this.#fail(id, "TIMEOUT", "the process that holds the store did not answer in time");
      this.#waiting.set(id, { operation, timer: setTimeout(late, this.#timeoutMs), resolve, reject });
      this.#channel.send?.({ type: "route-store-call", id, operation, args }, (error) => {
        if (error) this.#fail(id, "UNAVAILABLE", error.message);
      });
    });
  }

  /** Fails what waits, and every later call. */
  close(): void {
    this.#end("CLOSED", "the store is closed");
  }

  readonly #onMessage = (message: unknown): void => {
    if (!isStoreReply(message)) return;
    const { id, value, fault } = message;
    const waiting = this.#take(id);
    if (!fault) waiting?.resolve(value);
    else waiting?.reject(new ExecutorError(fault.code, fault.message, { ...fault, operation: waiting.operation }));
  };

  readonly #onDisconnect = (): void => this.#end("UNAVAILABLE", "the process that holds the store is gone");

  #end(code: EndCode, message: string): void {
    this.#ended ??= code;
    this.#channel.off("message", this.#onMessage);
    this.#channel.off("disconnect", this.#onDisconnect);
    for (const id of [...this.#waiting.keys()]) this.#fail(id, code, message);
  }

  #fail(id: number, code: EndCode | "TIMEOUT", message: string): void {
    const waiting = this.#take(id);
    if (!waiting) return;
    const { operation } = waiting;
    const details = { retryable: true, outcome: "unknown", operation } as const;
    waiting.reject(new ExecutorError(code, `${operation}: ${message}`, details));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}
