import { CoarseClock } from "../coarse-clock.ts";
import type { Clock } from "../ports.ts";
import { resized } from "./slot-lists.ts";

/** Slots looked at per eviction in search of an expired entry. */
const SWEEP_SLOTS = 16;

const NEVER = Number.POSITIVE_INFINITY;

/** How long one entry lives, all in milliseconds. */
export interface Lifetime {
  /** From its last `set`. */
  readonly ttlMs: number;
  /** From its last use. */
  readonly idleMs: number;
  /** How long it is kept after that, to be served stale by the loader only. */
  readonly graceMs: number;
  /** Whether the two others are none. */
  readonly isTtlOnly: boolean;
}

/**
 * When each entry expires, by slot. There is no index over time: reads compare one number, and a hand sweeps the slots,
 * a few per eviction and all of them per clean-up (a million take about a millisecond, since the array is dense).
 * Arrays for idle times and grace exist only once an entry has one.
 */
export class Lifetimes {
  /** Clock reading from which on an entry is expired; `Infinity` for never. */
  freshUntilMs: Float64Array;
  /** Whether a read need not call `use`: no entry can have expired while the last reading of the clock is shared. */
  isQuiet = false;
  /** For entries with an idle time: when they expire at the latest, and that time. */
  #writtenUntilMs: Float64Array | undefined;
  #idleMs: Float64Array | undefined;
  #graceMs: Float64Array | undefined;
  /** Whether no entry has an idle time or grace: then no entry expires before `#soonestMs`. */
  #hasOnlyTtls = true;
  readonly #clock: Clock;
  /** The same clock where it is the default one, whose readings are shared. */
  readonly #coarseClock: CoarseClock | undefined;
  /** No entry may be removed before this: a lower bound, made exact by every full lap of the hand. */
  #soonestMs = NEVER;
  #lapSoonestMs = NEVER;
  #hand = 0;

  constructor(clock: Clock | undefined, allocated: number) {
    this.#coarseClock = clock === undefined ? new CoarseClock(() => (this.isQuiet = false)) : undefined;
    this.#clock = clock ?? this.#coarseClock!;
    this.freshUntilMs = new Float64Array(allocated).fill(NEVER);
  }

  grow(allocated: number): void {
    const before = this.freshUntilMs.length;
    this.freshUntilMs = resized(this.freshUntilMs, allocated).fill(NEVER, before);
    this.#graceMs &&= resized(this.#graceMs, allocated);
    this.#idleMs &&= resized(this.#idleMs, allocated).fill(NEVER, before);
    this.#writtenUntilMs &&= resized(this.#writtenUntilMs, allocated).fill(NEVER, before);
  }

  /** Forgets everything. */
  reset(allocated: number): void {
    this.freshUntilMs = new Float64Array(allocated).fill(NEVER);
    this.#writtenUntilMs = undefined;
    this.#idleMs = undefined;
    this.#graceMs = undefined;
    this.#hasOnlyTtls = true;
    this.#soonestMs = NEVER;
    this.#lapSoonestMs = NEVER;
    this.#hand = 0;
  }

  /** Starts the life of an entry. */
  set(slot: number, lifetime: Lifetime): void {
    const nowMs = this.#now();
    // A path of its own for what most caches have, half as long.
    if (!lifetime.isTtlOnly || !this.#hasOnlyTtls) this.#setParts(slot, lifetime, nowMs);
    else {
      const untilMs = nowMs + lifetime.ttlMs;
      this.freshUntilMs[slot] = untilMs;
      if (untilMs < this.#lapSoonestMs) this.#hasten(untilMs);
    }
  }

  clear(slot: number): void {
    this.freshUntilMs[slot] = NEVER;
  }

  /** Counts reads that did not call `use` because it was quiet. */
  spend(reads: number): void {
    this.#coarseClock?.spend(reads);
  }

  /** Whether a read may use the entry; if so, its idle time starts anew. */
  use(slot: number): boolean {
    const nowMs = this.#now();
    if (this.isQuiet) return true;
    if (this.freshUntilMs[slot]! <= nowMs) return false;
    if (this.#idleMs !== undefined && this.#idleMs[slot] !== NEVER)
      this.freshUntilMs[slot] = Math.min(this.#writtenUntilMs![slot]!, nowMs + this.#idleMs[slot]!);
    return true;
  }

  isFresh(slot: number): boolean {
    return this.freshUntilMs[slot]! > this.#clock.now();
  }

  /** Whether an expired entry is not even kept for its grace any more. */
  isOver(slot: number): boolean {
    return this.#overMs(slot) <= this.#clock.now();
  }

  /** Milliseconds since an entry expired; negative while it is fresh. */
  staleMs(slot: number): number {
    return this.#clock.now() - this.freshUntilMs[slot]!;
  }

  /** What is left of an entry's life. */
  remaining(slot: number): Pick<Lifetime, "ttlMs" | "idleMs"> {
    const idleMs = this.#idleMs?.[slot] ?? NEVER;
    const untilMs = idleMs === NEVER ? this.freshUntilMs[slot]! : this.#writtenUntilMs![slot]!;
    return { ttlMs: untilMs - this.#clock.now(), idleMs };
  }

  /** The next slot whose entry is over within a few steps of the hand, or 0. */
  findOver(): number {
    const nowMs = this.#now();
    return nowMs < this.#soonestMs ? 0 : this.#advance(nowMs, SWEEP_SLOTS);
  }

  /** Calls back with every slot whose entry is over. */
  sweep(onOver: (slot: number) => void): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#soonestMs) return;
    this.#hand = 0;
    this.#lapSoonestMs = NEVER;
    for (let slot = this.#advance(nowMs, NEVER); slot !== 0; slot = this.#advance(nowMs, NEVER)) onOver(slot);
  }

  /** Moves the hand until it has passed an entry that is over, used its budget, or completed a lap. */
  #advance(nowMs: number, budget: number): number {
    for (let steps = 0; steps < budget; steps++) {
      if (this.#hand >= this.freshUntilMs.length) {
        this.#hand = 0;
        this.#soonestMs = this.#lapSoonestMs;
        this.#lapSoonestMs = NEVER;
        return 0;
      }
      const slot = this.#hand++;
      const overMs = this.#overMs(slot);
      if (overMs <= nowMs) return slot;
      if (overMs < this.#lapSoonestMs) this.#lapSoonestMs = overMs;
    }
    return 0;
  }

  #overMs(slot: number): number {
    return this.#graceMs === undefined ? this.freshUntilMs[slot]! : this.freshUntilMs[slot]! + this.#graceMs[slot]!;
  }

  #now(): number {
    const nowMs = this.#clock.now();
    this.isQuiet = this.#coarseClock?.isShared === true && this.#hasOnlyTtls && nowMs < this.#soonestMs;
    return nowMs;
  }

  /** Lowers the bounds for an entry that is over then. */
  #hasten(overMs: number): void {
    this.#lapSoonestMs = Math.min(this.#lapSoonestMs, overMs);
    this.#soonestMs = Math.min(this.#soonestMs, overMs);
  }

  #setParts(slot: number, { ttlMs, idleMs, graceMs }: Lifetime, nowMs: number): void {
    this.#hasOnlyTtls = false;
    this.isQuiet = false;
    if (idleMs !== NEVER || this.#idleMs !== undefined) this.#setIdle(slot, nowMs + ttlMs, idleMs);
    if (graceMs > 0 || this.#graceMs !== undefined) this.#setGrace(slot, graceMs);
    const untilMs = nowMs + Math.min(ttlMs, idleMs);
    this.freshUntilMs[slot] = untilMs;
    this.#hasten(untilMs + graceMs);
  }

  #setIdle(slot: number, writtenUntilMs: number, idleMs: number): void {
    const { length } = this.freshUntilMs;
    this.#writtenUntilMs ??= new Float64Array(length).fill(NEVER);
    this.#idleMs ??= new Float64Array(length).fill(NEVER);
    this.#writtenUntilMs[slot] = writtenUntilMs;
    this.#idleMs[slot] = idleMs;
  }

  #setGrace(slot: number, graceMs: number): void {
    this.#graceMs ??= new Float64Array(this.freshUntilMs.length);
    this.#graceMs[slot] = graceMs;
  }
}
