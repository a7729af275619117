import type { ServiceName, StoreEvent } from "@route/executor";
import { type Channel, isStoreNews } from "./channel.ts";

/** News of services from the process at the other end of a channel. */
export class RemoteEvents {
  readonly #channel: Channel;
  readonly #listeners = new Map<number, (event: StoreEvent) => void>();
  #nextId = 1;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.on("message", this.#onMessage);
  }

  subscribe(service: ServiceName, listener: (event: StoreEvent) => void): Disposable {
    const id = this.#nextId++;
    this.#listeners.set(id, listener);
    this.#channel.send?.({ type: "route-store-subscription", id, service }, () => {});
    const dispose = (): void => {
      if (!this.#listeners.delete(id)) return;
      if (this.#channel.connected) this.#channel.send?.({ type: "route-store-subscription", id }, () => {});
    };
    return { [Symbol.dispose]: dispose };
  }

  /** Nobody is told any more. */
  close(): void {
    this.#listeners.clear();
    this.#channel.off("message", this.#onMessage);
  }

  readonly #onMessage = (message: unknown): void => {
    if (isStoreNews(message)) this.#listeners.get(message.id)?.(message.event);
  };
}
