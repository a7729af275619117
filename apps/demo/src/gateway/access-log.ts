import { createWriteStream } from "node:fs";
import type { Served } from "./options.ts";

/** Lines wait in memory up to this size; beyond it they are dropped and counted, so that a slow disk stops no request. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** One JSON line per request in a file. The query is left out: it may hold secrets. */
export class AccessLog {
  readonly #file: ReturnType<typeof createWriteStream>;
  #dropped = 0;

  /** `onError` is told once, when the file can be written no longer: a full disk is no reason to stop serving. */
  constructor(path: string, onError: (error: Error) => void = () => {}) {
    this.#file = createWriteStream(path, { flags: "a" });
    this.#file.once("error", onError);
    this.#file.on("error", () => {});
  }

  /** Lines that were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  write({ req, uid, status, durationMs, route, code }: Served): void {
    if (this.#file.destroyed || this.#file.writableLength > maxWaitingBytes) {
      this.#dropped++;
      return;
    }
    const path = (req.url ?? "").split("?", 1)[0];
    const { source, pod } = route ?? {};
    const line = { at: new Date().toISOString(), method: req.method, path, uid, status, durationMs, pod, source, code };
    this.#file.write(`${JSON.stringify(line)}\n`);
  }

  /** Resolves when what was taken is written. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#file.destroyed) resolve();
      else this.#file.once("close", () => resolve()).end();
    });
  }
}
