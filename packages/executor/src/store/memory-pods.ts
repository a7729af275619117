import type { Owner, PodId, PodRecord, PodStatus, RoutingState } from "../types.ts";
import type { AcquireResult, Letter, RenewResult, SealResult } from "./answers.ts";
import { retentionMs } from "./memory-states.ts";

interface Entry {
  incarnation: number;
  token: string;
  status: PodStatus;
  leaseMs: number;
  leaseEndMs: number;
  sealed: boolean;
  /** Until then the uids of a released incarnation wait for the pod to come back. */
  returnMs: number;
}

/** A renewal after a silence longer than this share of a lease begins a new pulse. Renewals come every third of one. */
const silenceRatio = 2 / 3;

const maxLetters = 100_000;

/** The pods of one service in memory. All times are the store's milliseconds. */
export class MemoryPods {
  readonly #pods = new Map<PodId, Entry>();
  /** Last renewal by anybody, and the start of the present unbroken series of them. */
  #pulseMs = Number.NEGATIVE_INFINITY;
  #pulseSinceMs = 0;
  #leaseMs = 0;
  readonly #mailboxes = new Map<PodId, Letter[]>();
  #letters = 0;
  readonly #changed: (pod: PodId) => void;

  constructor(onChange: (pod: PodId) => void) {
    this.#changed = onChange;
  }

  acquire(given: PodId | undefined, token: string, status: PodStatus, leaseMs: number, nowMs: number): AcquireResult {
    const pod = given ?? this.#lowestFree(token, nowMs);
    const previous = this.#pods.get(pod);
    if (previous?.token === token && !previous.sealed) {
      // The answer to the first try was lost: the same incarnation, its lease counted from now.
      this.#write(pod, { ...previous, status, leaseMs, leaseEndMs: nowMs + leaseMs }, nowMs);
      return { acquired: true, pod, incarnation: previous.incarnation };
    }
    if (previous && !previous.sealed && previous.leaseEndMs > nowMs) {
      return { acquired: false, leaseLeftMs: previous.leaseEndMs - nowMs };
    }
    for (const [id, { leaseEndMs }] of this.#pods) if (nowMs - leaseEndMs > retentionMs) this.#pods.delete(id);
    // Server time as the floor: numbers never repeat, not even after the data were deleted.
    const incarnation = Math.max((previous?.incarnation ?? 0) + 1, Math.floor(nowMs * 1000));
    const entry = { incarnation, token, status, leaseMs, leaseEndMs: nowMs + leaseMs, sealed: false, returnMs: 0 };
    this.#write(pod, entry, nowMs);
    this.#changed(pod);
    return { acquired: true, pod, incarnation };
  }

  renew({ pod, incarnation }: Owner, status: PodStatus, leaseMs: number, nowMs: number): RenewResult {
    const entry = this.#pods.get(pod);
    if (entry && entry.incarnation > incarnation) return { renewed: false, reason: "superseded" };
    const known = entry?.incarnation === incarnation ? entry : undefined;
    if (known?.sealed) return { renewed: false, reason: "sealed" };
    const token = known?.token ?? "";
    const renewed = { incarnation, token, status, leaseMs, leaseEndMs: nowMs + leaseMs, sealed: false, returnMs: 0 };
    this.#write(pod, renewed, nowMs);
    if (known?.status.state !== status.state) this.#changed(pod);
    const letters = this.#mailboxes.get(pod)?.length ?? 0;
    return { renewed: true, recreated: known === undefined, letters, nowMs };
  }

  release({ pod, incarnation }: Owner, returnMs: number, nowMs: number): boolean {
    const entry = this.#pods.get(pod);
    if (entry?.incarnation !== incarnation || entry.sealed) return false;
    entry.sealed = true;
    entry.leaseEndMs = nowMs;
    entry.returnMs = nowMs + returnMs;
    this.#changed(pod);
    return true;
  }

  seal({ pod, incarnation }: Owner, nowMs: number): SealResult {
    const entry = this.#pods.get(pod);
    if (entry && entry.incarnation > incarnation) return { sealed: true };
    const result = this.#mayEnd(entry, incarnation, nowMs);
    const known = entry?.incarnation === incarnation ? entry : undefined;
    if (!result.sealed || known?.sealed) return result;
    const status: PodStatus = known?.status ?? { address: "unknown", revision: "", state: "shutdown", load: 0 };
    const times = { leaseMs: this.#leaseMs, leaseEndMs: nowMs, returnMs: 0 };
    this.#pods.set(pod, { incarnation, token: "", status, ...times, sealed: true });
    this.#changed(pod);
    return result;
  }

  sendLetters(pod: PodId, texts: readonly string[]): void {
    const mailbox = this.#mailboxes.get(pod) ?? [];
    for (const text of texts) mailbox.push({ id: `${++this.#letters}`, text });
    if (mailbox.length > maxLetters) mailbox.splice(0, mailbox.length - maxLetters);
    this.#mailboxes.set(pod, mailbox);
  }

  readLetters({ pod, incarnation }: Owner, after: string, limit: number): Letter[] {
    const mailbox = this.#mailboxes.get(pod);
    if (!mailbox || this.#pods.get(pod)?.incarnation !== incarnation) return [];
    const read = mailbox.findIndex(({ id }) => Number(id) > Number(after));
    if (read > 0) mailbox.splice(0, read);
    else if (read < 0) mailbox.length = 0;
    return mailbox.slice(0, limit);
  }

  // An id whose lease has merely ended may be that of a pod that cannot reach the store: its uids stay its own.
  #lowestFree(token: string, nowMs: number): PodId {
    for (const [pod, entry] of this.#pods) if (entry.token === token && !entry.sealed) return pod;
    for (let pod = 0; ; pod++) {
      const entry = this.#pods.get(pod);
      if (!entry || this.#mayEnd(entry, entry.incarnation, nowMs).sealed) return pod;
    }
  }

  #mayEnd(entry: Entry | undefined, incarnation: number, nowMs: number): SealResult {
    const known = entry?.incarnation === incarnation ? entry : undefined;
    if (known?.sealed) return { sealed: true };
    if (known && known.leaseEndMs > nowMs) return { sealed: false, reason: "alive", waitMs: known.leaseEndMs - nowMs };
    if (nowMs - this.#pulseMs > this.#leaseMs * silenceRatio) {
      return { sealed: false, reason: "silent", waitMs: this.#leaseMs };
    }
    const youthMs = this.#pulseSinceMs + this.#leaseMs - nowMs;
    if (youthMs > 0) return { sealed: false, reason: "young", waitMs: youthMs };
    return { sealed: true };
  }

  list(nowMs: number): PodRecord[] {
    return [...this.#pods]
      .map(([pod, { incarnation, status, sealed, leaseEndMs, returnMs }]) => {
        const state: RoutingState = sealed ? "shutdown" : status.state;
        const times = { leaseLeftMs: leaseEndMs - nowMs, returnLeftMs: Math.max(returnMs - nowMs, 0) };
        return { pod, incarnation, ...status, state, sealed, ...times };
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
