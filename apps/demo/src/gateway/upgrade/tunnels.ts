import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Tunnel } from "./tunnel.ts";

/** Clients need a moment to answer the last close frame. */
const farewellMs = 1000;
const stepMs = 20;

/** All connections that have switched protocols. */
export class Tunnels {
  readonly #tunnels = new Set<Tunnel>();

  get size(): number {
    return this.#tunnels.size;
  }

  open(client: Duplex, pod: Duplex, isWebSocket: boolean): void {
    const tunnel = new Tunnel(client, pod, isWebSocket, () => this.#tunnels.delete(tunnel));
    this.#tunnels.add(tunnel);
  }

  /**
   * Closes them one after the other over `graceMs`, so that not all clients come back at once; what is still open
   * then is cut.
   */
  async close(graceMs: number): Promise<void> {
    const startMs = performance.now();
    const paceMs = Math.max(graceMs - farewellMs, graceMs / 2);
    const all = [...this.#tunnels];
    let closed = 0;
    while (this.#tunnels.size > 0 && performance.now() - startMs < graceMs) {
      const due = Math.ceil(((performance.now() - startMs + stepMs) / paceMs) * all.length);
      while (closed < Math.min(due, all.length)) all[closed++]!.close();
      await sleep(stepMs);
    }
    for (const tunnel of this.#tunnels) tunnel.destroy();
  }
}
