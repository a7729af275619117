import type { Owner, PodId, PodRecord, PodStatus } from "../types.ts";
import { retentionMs } from "./memory-states.ts";
import type { AcquireResult, RenewResult, SealResult } from "./store.ts";

interface Entry {
  incarnation: number;
  token: string;
  status: PodStatus;
  leaseMs: number;
  leaseEndMs: number;
  sealed: boolean;
}

/** A renewal after a silence longer than this share of a lease begins a new pulse. Renewals come every third of one. */
const silenceRatio = 2 / 3;

/** The pods of one service in memory. All times are the store's milliseconds. */
export class MemoryPods {
  readonly #pods = new Map<PodId, Entry>();
  /** Last renewal by anybody, and the start of the present unbroken series of them. */
  #pulseMs = Number.NEGATIVE_INFINITY;
  #pulseSinceMs = 0;
  #leaseMs = 0;

  acquire(pod: PodId, token: string, status: PodStatus, leaseMs: number, nowMs: number): AcquireResult {
    const previous = this.#pods.get(pod);
    if (previous?.token === token && !previous.sealed) {
      // The answer to the first try was lost: the same incarnation, its lease counted from now.
      this.#write(pod, { ...previous, status, leaseMs, leaseEndMs: nowMs + leaseMs }, nowMs);
      return { acquired: true, incarnation: previous.incarnation };
    }
    if (previous && !previous.sealed && previous.leaseEndMs > nowMs) {
      return { acquired: false, leaseLeftMs: previous.leaseEndMs - nowMs };
    }
    for (const [id, { leaseEndMs }] of this.#pods) if (nowMs - leaseEndMs > retentionMs) this.#pods.delete(id);
    // Server time as the floor: numbers never repeat, not even after the data were deleted.
    const incarnation = Math.max((previous?.incarnation ?? 0) + 1, Math.floor(nowMs * 1000));
    this.#write(pod, { incarnation, token, status, leaseMs, leaseEndMs: nowMs + leaseMs, sealed: false }, nowMs);
    return { acquired: true, incarnation };
  }

  renew({ pod, incarnation }: Owner, status: PodStatus, leaseMs: number, nowMs: number): RenewResult {
    const entry = this.#pods.get(pod);
    if (entry && entry.incarnation > incarnation) return { renewed: false, reason: "superseded" };
    const known = entry?.incarnation === incarnation ? entry : undefined;
    if (known?.sealed) return { renewed: false, reason: "sealed" };
    const token = known?.token ?? "";
    this.#write(pod, { incarnation, token, status, leaseMs, leaseEndMs: nowMs + leaseMs, sealed: false }, nowMs);
    return { renewed: true, recreated: known === undefined };
  }

  release({ pod, incarnation }: Owner, nowMs: number): boolean {
    const entry = this.#pods.get(pod);
    if (entry?.incarnation !== incarnation || entry.sealed) return false;
    entry.sealed = true;
    entry.leaseEndMs = nowMs;
    entry.status = { ...entry.status, state: "shutdown" };
    return true;
  }

  seal({ pod, incarnation }: Owner, nowMs: number): SealResult {
    const entry = this.#pods.get(pod);
    if (entry && entry.incarnation > incarnation) return { sealed: true };
    const known = entry?.incarnation === incarnation ? entry : undefined;
    if (known?.sealed) return { sealed: true };
    if (known && known.leaseEndMs > nowMs) return { sealed: false, reason: "alive", waitMs: known.leaseEndMs - nowMs };
    if (nowMs - this.#pulseMs > this.#leaseMs * silenceRatio) {
      return { sealed: false, reason: "silent", waitMs: this.#leaseMs };
    }
    const youthMs = this.#pulseSinceMs + this.#leaseMs - nowMs;
    if (youthMs > 0) return { sealed: false, reason: "young", waitMs: youthMs };
    const status = known?.status ?? { address: "unknown", revision: "", state: "shutdown", load: 0 };
    this.#pods.set(pod, { incarnation, token: "", status, leaseMs: this.#leaseMs, leaseEndMs: nowMs, sealed: true });
    return { sealed: true };
  }

  list(nowMs: number): PodRecord[] {
    return [...this.#pods]
      .map(([pod, { incarnation, status, sealed, leaseEndMs }]) => {
        return { pod, incarnation, ...status, sealed, leaseLeftMs: leaseEndMs - nowMs };
      })
      .sort((a, b) => a.pod - b.pod);
  }

  #write(pod: PodId, entry: Entry, nowMs: number): void {
    this.#pods.set(pod, entry);
    if (nowMs - this.#pulseMs > entry.leaseMs * silenceRatio) this.#pulseSinceMs = nowMs;
    this.#pulseMs = nowMs;
    this.#leaseMs = entry.leaseMs;
  }
}
