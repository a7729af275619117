import { CacheOptimizer } from "@route/cache";

// It owns this cache, and may give it up to 2,000 entries.
const optimizer = new CacheOptimizer<number, string>({
  cache: { maxSize: 500, strategy: "adaptive" },
  maxSize: 2_000,
  minSize: 100,
  confirmations: 1,
});

const request = (key: number): void => {
  if (optimizer.get(key) === undefined) optimizer.set(key, `value ${key}`);
};

for (let round = 0; round < 4; round++) {
  for (let i = 0; i < 20_000; i++) request(Math.floor(Math.random() ** 2 * 1_500));
  const { action, reason } = optimizer.optimize();
  console.log(`${action}: ${reason}`);
}

const { hitRate, maxSize, diagnosis, decisions } = optimizer.report();
console.log({ hitRate, maxSize, causes: diagnosis.causes, decisions: decisions.length });
optimizer.close();
