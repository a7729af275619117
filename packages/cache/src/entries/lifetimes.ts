import type { Clock } from "../ports.ts";
import { resized } from "./slot-lists.ts";

/** Slots looked at per eviction in search of an expired entry. */
const SWEEP_SLOTS = 16;

/**
 * When each entry expires, by slot. There is no index over time: reads compare one number, and a hand sweeps the slots,
 * a few per eviction and all of them per clean-up (a million take about a millisecond, since the array is dense).
 */
export class Lifetimes {
  /** Clock reading from which on an entry is expired; `Infinity` for never. */
  freshUntilMs: Float64Array;
  readonly #clock: Clock;
  /** No entry expires before this: a lower bound, made exact by every full lap of the hand. */
  #soonestMs = Number.POSITIVE_INFINITY;
  #lapSoonestMs = Number.POSITIVE_INFINITY;
  #hand = 0;

  constructor(clock: Clock, allocated: number) {
    this.#clock = clock;
    this.freshUntilMs = new Float64Array(allocated).fill(Number.POSITIVE_INFINITY);
  }

  grow(allocated: number): void {
    const before = this.freshUntilMs.length;
    this.freshUntilMs = resized(this.freshUntilMs, allocated).fill(Number.POSITIVE_INFINITY, before);
  }

  /** Forgets everything. */
  reset(allocated: number): void {
    this.freshUntilMs = new Float64Array(allocated).fill(Number.POSITIVE_INFINITY);
    this.#soonestMs = Number.POSITIVE_INFINITY;
    this.#lapSoonestMs = Number.POSITIVE_INFINITY;
    this.#hand = 0;
  }

  set(slot: number, ttlMs: number): void {
    const untilMs = ttlMs === Number.POSITIVE_INFINITY ? ttlMs : this.#clock.now() + ttlMs;
    this.freshUntilMs[slot] = untilMs;
    if (untilMs < this.#soonestMs) this.#soonestMs = untilMs;
    if (untilMs < this.#lapSoonestMs) this.#lapSoonestMs = untilMs;
  }

  clear(slot: number): void {
    this.freshUntilMs[slot] = Number.POSITIVE_INFINITY;
  }

  isExpired(slot: number): boolean {
    return this.freshUntilMs[slot]! <= this.#clock.now();
  }

  /** Milliseconds that an entry has left; `Infinity` for ever. */
  remainingMs(slot: number): number {
    return this.freshUntilMs[slot]! - this.#clock.now();
  }

  /** The next expired slot within a few steps of the hand, or 0. */
  findExpired(): number {
    const nowMs = this.#clock.now();
    if (nowMs < this.#soonestMs) return 0;
    return this.#advance(nowMs, SWEEP_SLOTS);
  }

  /** Calls back with every expired slot. */
  sweep(onExpired: (slot: number) => void): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#soonestMs) return;
    this.#hand = 0;
    this.#lapSoonestMs = Number.POSITIVE_INFINITY;
    for (
      let slot = this.#advance(nowMs, Number.POSITIVE_INFINITY);
      slot !== 0;
      slot = this.#advance(nowMs, Number.POSITIVE_INFINITY)
    )
      onExpired(slot);
  }

  /** Moves the hand until it has passed an expired slot, used its budget, or completed a lap. */
  #advance(nowMs: number, budget: number): number {
    const { freshUntilMs } = this;
    for (let steps = 0; steps < budget; steps++) {
      if (this.#hand >= freshUntilMs.length) {
        this.#hand = 0;
        this.#soonestMs = this.#lapSoonestMs;
        this.#lapSoonestMs = Number.POSITIVE_INFINITY;
        return 0;
      }
      const slot = this.#hand++;
      const untilMs = freshUntilMs[slot]!;
      if (untilMs <= nowMs) return slot;
      if (untilMs < this.#lapSoonestMs) this.#lapSoonestMs = untilMs;
    }
    return 0;
  }
}
