import type { Context } from "@opentelemetry/api";
import type { FinishedSpan, FinishedSpanProcessor } from "../../types.ts";
import { requireInteger, requireMethod, requireNumber } from "../../validation.ts";
import { DecisionCache } from "./decision-cache.ts";
import { asSampled } from "./sampled-span.ts";
import { TailLedger, type TailSamplingStats } from "./tail-ledger.ts";
import { defaultTailPolicies, type TailPolicy } from "./tail-policies.ts";
import { type TailSamplingOptions, tailSamplingDefaults } from "./tail-sampling-options.ts";
import { TraceView } from "./trace-view.ts";

interface PendingTrace {
  readonly view: TraceView;
  readonly decideAt: number;
  sizeBytes: number;
  rootEnded: boolean;
}

/**
 * Decides about whole traces when they are over: every error and every slow one can then be kept. Sees this process only;
 * record with `RecordAllSampler`, so that also unsampled spans arrive here. Votes by ratio agree between processes.
 */
export class TailSamplingProcessor implements FinishedSpanProcessor {
  readonly #options: Required<Omit<TailSamplingOptions, "policies">>;
  readonly #policies: readonly TailPolicy[];
  readonly #decisions: DecisionCache;
  readonly #ledger = new TailLedger();
  readonly #broken = new WeakSet<TailPolicy>();
  /** In order of their first span, hence of `decideAt`. */
  readonly #pending = new Map<string, PendingTrace>();
  /** Traces whose root has ended, in order of that, with the time of their decision. */
  #rooted: { readonly trace: PendingTrace; readonly decideAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;
  #closed = false;

  constructor(options: TailSamplingOptions) {
    this.#options = { ...tailSamplingDefaults, ...options };
    this.#policies = options.policies ?? defaultTailPolicies();
    requireMethod("next", this.#options.next, "onEnd");
    requireNumber("decisionWaitMs", this.#options.decisionWaitMs, 0);
    requireNumber("graceMs", this.#options.graceMs, 0);
    for (const option of ["maxTraces", "maxSpans", "maxBytes", "maxSpansPerTrace"] as const)
      requireInteger(option, this.#options[option], 1);
    this.#decisions = new DecisionCache(this.#options.decisionCacheTraces);
  }

  onStart(span: never, parentContext: Context): void {
    this.#options.next.onStart(span, parentContext);
  }

  onEnding(span: never): void {
    this.#options.next.onEnding?.(span);
  }

  onEnd(span: FinishedSpan): void {
    this.#ledger.received++;
    const { traceId } = span.spanContext();
    const pending = this.#pending.get(traceId);
    if (pending !== undefined) this.#add(pending, span);
    else this.#begin(traceId, span);
  }

  /** Decides every trace that waits, and flushes the next processor. */
  async forceFlush(): Promise<void> {
    this.#decideAll();
    await this.#options.next.forceFlush();
  }

  /** Decides every trace that waits, and shuts the next processor down. Spans that end later are counted as dropped. */
  async shutdown(): Promise<void> {
    this.#decideAll();
    this.#closed = true;
    await this.#options.next.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  stats(): TailSamplingStats {
    return this.#ledger.stats(this.#pending.size);
  }

  #begin(traceId: string, span: FinishedSpan): void {
    const decided = this.#decisions.get(traceId);
    if (decided !== undefined || this.#closed) {
      this.#late(span, decided === true && !this.#closed);
      return;
    }
    if (this.#pending.size >= this.#options.maxTraces) this.#decideOldest();
    const decideAt = this.#options.clock() + this.#options.decisionWaitMs;
    const trace: PendingTrace = { view: new TraceView(traceId), decideAt, sizeBytes: 0, rootEnded: false };
    this.#pending.set(traceId, trace);
    this.#wakeAt(decideAt);
    this.#add(trace, span);
  }

  #add(trace: PendingTrace, span: FinishedSpan): void {
    const { maxSpans, maxBytes, graceMs, maxSpansPerTrace, sizeOf } = this.#options;
    const sizeBytes = sizeOf(span);
    trace.sizeBytes += sizeBytes;
    this.#ledger.add(sizeBytes);
    const isRoot = trace.view.add(span);
    if ((isRoot && graceMs === 0) || trace.view.spans.length >= maxSpansPerTrace) this.#decide(trace);
    else if (isRoot && !trace.rootEnded) this.#awaitStragglers(trace);
    while (this.#ledger.pendingSpans > maxSpans || this.#ledger.pendingBytes > maxBytes) this.#decideOldest();
  }

  #awaitStragglers(trace: PendingTrace): void {
    const decideAt = this.#options.clock() + this.#options.graceMs;
    trace.rootEnded = true;
    this.#rooted.push({ trace, decideAt });
    this.#wakeAt(decideAt);
  }

  #late(span: FinishedSpan, kept: boolean): void {
    if (kept) this.#options.next.onEnd(asSampled(span));
    this.#ledger.late(kept);
  }

  #decide(trace: PendingTrace): void {
    const { view, sizeBytes } = trace;
    this.#pending.delete(view.traceId);
    const kept = this.#vote(view);
    this.#decisions.set(view.traceId, kept);
    this.#ledger.settle(view.spans.length, sizeBytes, kept);
    if (kept) for (const span of view.spans) this.#options.next.onEnd(asSampled(span));
  }

  #vote(view: TraceView): boolean {
    let keeper: string | undefined;
    for (const policy of this.#policies) {
      const vote = this.#ask(policy, view);
      if (vote === "drop") return false;
      if (vote === "keep") keeper ??= policy.name;
    }
    if (keeper !== undefined) this.#ledger.countPolicy(keeper);
    return keeper !== undefined;
  }

  /** A policy of the user that throws must end neither a request nor the process. */
  #ask(policy: TailPolicy, view: TraceView): "keep" | "drop" | undefined {
    try {
      return policy.vote(view);
    } catch (error) {
      if (!this.#broken.has(policy)) this.#options.log.warn(`The tail policy "${policy.name}" threw`, error);
      this.#broken.add(policy);
      return undefined;
    }
  }

  #decideOldest(): void {
    const [oldest] = this.#pending.values();
    if (oldest === undefined) return;
    this.#ledger.decidedEarly++;
    this.#decide(oldest);
  }

  #decideAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rooted = [];
    for (const trace of this.#pending.values()) this.#decide(trace);
  }

  #wakeAt(time: number): void {
    if (this.#timer !== undefined && this.#timerAt <= time) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => this.#sweep(), Math.max(1, Math.ceil(time - this.#options.clock()))).unref();
  }

  #oldest(): PendingTrace {
    return this.#pending.values().next().value!;
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#options.clock();
    let swept = 0;
    for (; swept < this.#rooted.length && this.#rooted[swept]!.decideAt <= now; swept++) {
      const { trace } = this.#rooted[swept]!;
      if (this.#pending.get(trace.view.traceId) === trace) this.#decide(trace);
    }
    this.#rooted.splice(0, swept);
    while (this.#pending.size > 0 && this.#oldest().decideAt <= now) this.#decide(this.#oldest());
    if (this.#pending.size > 0)
      this.#wakeAt(Math.min(this.#rooted[0]?.decideAt ?? Number.POSITIVE_INFINITY, this.#oldest().decideAt));
  }
}
