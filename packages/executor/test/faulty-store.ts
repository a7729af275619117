import { ExecutorError } from "../src/errors.ts";
import type { StatefulStore } from "../src/store/store.ts";

/** What a {@link faultyStore} does to a call: nothing, or fail before or after it took effect. */
export type Fault = (operation: keyof StatefulStore) => "before" | "after" | undefined;

/** A real store whose calls fail as told, with the error that a broken connection gives. */
export const faultyStore = (store: StatefulStore): { store: StatefulStore; fault: Fault; calls: string[] } => {
  const calls: string[] = [];
  const controls = { fault: (() => undefined) as Fault, calls, store };
  controls.store = new Proxy(store, {
    get(target, name: keyof StatefulStore) {
      if (name === "subscribe") return target.subscribe.bind(target);
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        calls.push(name);
        const when = controls.fault(name);
        const broken = new ExecutorError("UNAVAILABLE", "the test broke the connection", {
          retryable: true,
          outcome: "unknown",
        });
        if (when === "before") throw broken;
        const result = await method.apply(target, args);
        if (when === "after") throw broken;
        return result;
      };
    },
  });
  return controls;
};
