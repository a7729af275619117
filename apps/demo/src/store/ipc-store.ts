import type { HeldLink, StatefulStore } from "@route/executor";
import { type Channel, storeOperations } from "./channel.ts";
import { RemoteCalls } from "./remote-calls.ts";
import { RemoteEvents } from "./remote-events.ts";

type Operations = Pick<StatefulStore, (typeof storeOperations)[number]>;

// What a pod keeps beside its links (timers, signals) cannot cross a process boundary.
const plain = ({ uid, fence, lifetimeSeconds, origin }: HeldLink): HeldLink => ({
  uid,
  fence,
  lifetimeSeconds,
  origin,
});

/**
 * The store of another process, reached over Node's IPC channel, which must use `serialization: "advanced"`. Without an
 * answer within `timeoutMs` a call fails with `TIMEOUT`; of a process that is gone it is told at once, but one that is
 * merely busy may take a second.
 */
export const openIpcStore = (channel: Channel, timeoutMs = 3000): StatefulStore => {
  const calls = new RemoteCalls(channel, timeoutMs);
  const events = new RemoteEvents(channel);
  const operations = Object.fromEntries(
    storeOperations.map((operation) => [operation, (...args: unknown[]) => calls.call(operation, args)]),
  ) as Operations;
  return {
    ...operations,
    renewLinks: (service, owner, links, options) => operations.renewLinks(service, owner, links.map(plain), options),
    subscribe: (service, listener) => events.subscribe(service, listener),
    close: async () => {
      calls.close();
      events.close();
    },
  };
};
