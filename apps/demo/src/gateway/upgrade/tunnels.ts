import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { TakeBytes } from "../upstream/pod-request.ts";
import { Tunnel } from "./tunnel.ts";

/** Clients need a moment to answer the last close frame. */
const farewellMs = 1000;
const stepMs = 20;

/** Of `count` tunnels as many are to be told after `passedMs` of `graceMs`: evenly, and the last with time to answer. */
export const dueAfter = (passedMs: number, graceMs: number, count: number): number => {
  const paceMs = Math.max(graceMs - farewellMs, graceMs / 2);
  return Math.min(count, Math.ceil((passedMs / paceMs) * count));
};

/** All connections that have switched protocols. */
export class Tunnels {
  readonly #tunnels = new Set<Tunnel>();

  get size(): number {
    return this.#tunnels.size;
  }

  /** Joins the two; what it returns takes what the pod says. */
  open(client: Duplex, pod: Socket, isWebSocket: boolean): TakeBytes {
    const tunnel = new Tunnel(client, pod, isWebSocket, () => this.#tunnels.delete(tunnel));
    this.#tunnels.add(tunnel);
    return tunnel.takeBytes;
  }

  /**
   * Closes them one after the other over `graceMs`, so that not all clients come back at once; what is still open
   * then is cut.
   */
  async close(graceMs: number): Promise<void> {
    const startMs = performance.now();
    const all = [...this.#tunnels];
    let told = 0;
    for (let passedMs = 0; this.#tunnels.size > 0 && passedMs < graceMs; passedMs = performance.now() - startMs) {
      const due = dueAfter(passedMs + stepMs, graceMs, all.length);
      while (told < due) all[told++]!.close();
      await sleep(stepMs);
    }
    for (const tunnel of this.#tunnels) {
      // Where this process had no time to tell it before.
      tunnel.close();
      tunnel.destroy();
    }
  }
}
