// A process that holds a memory store for its parent.
import { MemoryStore } from "@route/executor";
import { serveStore } from "../src/store/serve-store.ts";

serveStore(process, new MemoryStore());
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
