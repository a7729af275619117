import { Cache } from "@route/cache";

// At most 10,000 links, each for 30 seconds after it was written.
const links = new Cache<string, number>({ maxSize: 10_000, ttlMs: 30_000 });

links.set("user:42", 3);
links.set("user:43", 0, { ttlMs: 5_000 });

console.log(links.get("user:42")); // 3
console.log(links.get("user:44")); // undefined
console.log(links.stats().hitRate); // 0.5

links.close();
