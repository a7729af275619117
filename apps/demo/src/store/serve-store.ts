import { ExecutorError, type StatefulStore, type StoreEvent } from "@route/executor";
import {
  type Channel,
  isStoreCall,
  isStoreSubscription,
  type StoreCall,
  type StoreFault,
  type StoreReply,
  type StoreSubscription,
  storeOperations,
} from "./channel.ts";

const operations: ReadonlySet<string> = new Set(storeOperations);

const faultOf = (error: unknown): StoreFault => {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof ExecutorError)) return { code: "UNAVAILABLE", message, retryable: false, outcome: "unknown" };
  return { code: error.code, message, retryable: error.retryable, outcome: error.outcome };
};

const perform = async (store: StatefulStore, { id, operation, args }: StoreCall): Promise<StoreReply> => {
  try {
    if (!operations.has(operation)) throw new ExecutorError("INVALID_ARGUMENT", `no store operation ${operation}`);
    const method = store[operation as keyof StatefulStore] as (...args: unknown[]) => Promise<unknown>;
    return { type: "route-store-reply", id, value: await method.apply(store, [...args]) };
  } catch (error) {
    return { type: "route-store-reply", id, fault: faultOf(error) };
  }
};

/** Lets the process at the other end of the channel use `store`, until the channel closes. */
export const serveStore = (channel: Channel, store: StatefulStore): void => {
  const subscriptions = new Map<number, Disposable>();
  const follow = ({ id, service }: StoreSubscription): void => {
    subscriptions.get(id)?.[Symbol.dispose]();
    subscriptions.delete(id);
    if (!service) return;
    const tell = (event: StoreEvent): void => void channel.send?.({ type: "route-store-news", id, event }, () => {});
    subscriptions.set(id, store.subscribe(service, tell));
  };
  channel.on("disconnect", () => {
    for (const subscription of subscriptions.values()) subscription[Symbol.dispose]();
  });
  channel.on("message", (message) => {
    if (isStoreSubscription(message)) follow(message);
    if (!isStoreCall(message)) return;
    void perform(store, message).then((reply) => {
      // The other process may have died meanwhile: its answer interests nobody.
      if (channel.connected) channel.send?.(reply, () => {});
    });
  });
};
