import { Cache, CacheError } from "@route/cache";

const profiles = new Cache<string, { name: string }>({ maxSize: 1_000, ttlMs: 60_000, idleMs: 600_000 });

let calls = 0;
const fromDatabase = async (id: string): Promise<{ name: string } | undefined> => {
  calls++;
  return id === "42" ? { name: "Ada" } : undefined;
};

// Many ask at once, the database is asked once.
const all = await Promise.all(Array.from({ length: 100 }, () => profiles.load("42", fromDatabase)));
console.log(all.length, calls); // 100 1

// What does not exist is remembered for a second.
await profiles.load("none", fromDatabase, { negativeTtlMs: 1_000 });
await profiles.load("none", fromDatabase, { negativeTtlMs: 1_000 });
console.log(calls); // 2

// An old value rather than an error or a long wait.
await profiles.load("42", fromDatabase, {
  staleWhileRevalidateMs: 30_000,
  staleIfErrorMs: 300_000,
  softTimeoutMs: 50,
  hardTimeoutMs: 2_000,
});

// The profile was changed elsewhere: a load under way will not write the old one back.
profiles.invalidate("42");

profiles.close();
await profiles.load("42", fromDatabase).catch((error: unknown) => {
  if (error instanceof CacheError) console.log(error.code); // closed
});
