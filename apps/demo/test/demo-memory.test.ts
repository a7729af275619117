import { ExecutorError, MemoryStore, type StatefulStore } from "@route/executor";
import { demoStories } from "./stories.ts";

demoStories("the embedded store", async () => {
  const memory = new MemoryStore();
  let broken = false;
  // The embedded store cannot go away by itself; this is what its callers would see.
  const store = new Proxy<StatefulStore>(memory, {
    get: (target, operation: keyof StatefulStore) => {
      if (broken)
        return async () => Promise.reject(new ExecutorError("UNAVAILABLE", "the store is away", { retryable: true }));
      return (target[operation] as () => unknown).bind(target);
    },
  });
  return {
    store,
    config: {},
    breakDown: async () => {
      broken = true;
    },
    repair: async () => {
      broken = false;
    },
    [Symbol.asyncDispose]: () => memory.close(),
  };
});
