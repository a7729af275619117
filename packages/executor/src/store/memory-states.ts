import type { PodId, PodState } from "../types.ts";

/** What a dead pod left behind is kept for so long. */
export const retentionMs: number = 7 * 24 * 3600 * 1000;

/** What the pods of one service reported. */
export class MemoryStates {
  readonly #states = new Map<PodId, { readonly state: string; readonly atMs: number }>();

  set(pod: PodId, state: string, nowMs: number): void {
    this.#states.set(pod, { state, atMs: nowMs });
  }

  /** By pod id; drops what is too old. */
  list(nowMs: number): PodState[] {
    for (const [pod, { atMs }] of this.#states) if (nowMs - atMs > retentionMs) this.#states.delete(pod);
    return [...this.#states]
      .map(([pod, { state, atMs }]) => ({ pod, state, ageMs: nowMs - atMs }))
      .sort((a, b) => a.pod - b.pod);
  }
}
