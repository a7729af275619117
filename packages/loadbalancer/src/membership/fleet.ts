import type { Strategy } from "../strategies/strategy.ts";
import type { LoadReport, PodId } from "../types.ts";
import { Counters } from "./counters.ts";
import { Pod } from "./pod.ts";
import { accumulate, type Totals, zeroTotals } from "./totals.ts";

/** Below which share of fit pods health is no longer believed, and what then. */
export interface PanicRule {
  readonly panicRatio: number;
  readonly panic: "all" | "none";
}

/** Who is there, and who may be chosen: the one place that tells strategies about joining and leaving. */
export class Fleet {
  readonly counters: Counters = new Counters();
  /** The counts of pods that have left for good. */
  readonly departed: Totals = zeroTotals();
  readonly #pods = new Map<PodId, Pod>();
  readonly #bySlot: (Pod | undefined)[] = [];
  readonly #leaving = new Map<PodId, Pod>();
  readonly #freeSlots: number[] = [];
  readonly #strategies: Strategy[] = [];
  readonly #rule: PanicRule;
  #willing = 0;
  #fit = 0;
  #panicking = false;

  constructor(rule: PanicRule) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#pods.size;
  }

  /** Pods that take work if health allows it. */
  get willing(): number {
    return this.#willing;
  }

  /** Those of them that are healthy and not ejected. */
  get fit(): number {
    return this.#fit;
  }

  get panicking(): boolean {
    return this.#panicking;
  }

  /** The pod of a slot, also one that has left with work still open. */
  at(slot: number): Pod | undefined {
    return this.#bySlot[slot];
  }

  get(podId: PodId): Pod | undefined {
    return this.#pods.get(podId);
  }

  /** Members first, then those that have left with work still open. */
  *pods(): Generator<Pod> {
    yield* this.#pods.values();
    yield* this.#leaving.values();
  }

  members(): IterableIterator<Pod> {
    return this.#pods.values();
  }

  /** A strategy that hears of all pods from now on. */
  attach(strategy: Strategy): void {
    this.#strategies.push(strategy);
    for (const pod of this.#pods.values()) if (pod.joined) strategy.join(pod);
  }

  /** A new pod, which becomes a member by its first `change`; one that left with work still open comes back as itself. */
  enrol(podId: PodId): Pod {
    const returning = this.#leaving.get(podId);
    this.#leaving.delete(podId);
    const pod = returning ?? new Pod(podId, this.#freeSlots.pop() ?? this.#bySlot.length, this.counters);
    this.#bySlot[pod.slot] = pod;
    this.#pods.set(podId, pod);
    return pod;
  }

  /** Takes the pod out. It keeps its slot until its open leases and links have ended. */
  dismiss(pod: Pod): void {
    this.#pods.delete(pod.podId);
    this.#leaving.set(pod.podId, pod);
    this.change(pod, () => {
      pod.member = false;
    });
    for (const strategy of this.#strategies) strategy.forget?.(pod);
    this.settleDeparted(pod);
  }

  /** Forgets a pod that has left as soon as nothing of it is open; only its counts stay. */
  settleDeparted(pod: Pod): void {
    if (pod.member || pod.connections > 0) return;
    accumulate(this.departed, pod);
    this.#leaving.delete(pod.podId);
    this.#bySlot[pod.slot] = undefined;
    this.#freeSlots.push(pod.slot);
  }

  /** Applies a change to a pod's state and draws the consequences: counts, panic, joining and leaving. */
  change(pod: Pod, apply: (pod: Pod) => void): void {
    this.#count(pod, -1);
    apply(pod);
    this.#count(pod, 1);
    const few = this.#willing > 0 && this.#fit < this.#willing * this.#rule.panicRatio;
    this.refresh(pod);
    if (few === this.#panicking) return;
    this.#panicking = few;
    for (const each of this.#pods.values()) this.refresh(each);
  }

  reweigh(pod: Pod, weight: number): void {
    if (weight === pod.weight) return;
    pod.weight = weight;
    if (pod.joined) for (const strategy of this.#strategies) strategy.reweighed?.(pod);
  }

  report(pod: Pod, report: LoadReport): void {
    for (const strategy of this.#strategies) strategy.reported?.(pod, report);
  }

  /** Tells the strategies where the pod's standing differs from what they were told. */
  refresh(pod: Pod): void {
    const trusted = this.#panicking ? this.#rule.panic === "all" : pod.fit;
    const joined = pod.willing && trusted && !pod.full;
    const changed = joined !== pod.joined;
    pod.joined = joined;
    pod.settle();
    if (!changed) return;
    for (const strategy of this.#strategies) {
      if (joined) strategy.join(pod);
      else strategy.leave(pod);
    }
  }

  #count(pod: Pod, sign: 1 | -1): void {
    if (!pod.willing) return;
    this.#willing += sign;
    if (pod.fit) this.#fit += sign;
  }
}
