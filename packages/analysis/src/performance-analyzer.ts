import { Collectors } from "./collect/collectors.ts";
import { AnalysisError } from "./errors.ts";
import { History } from "./history/history.ts";
import { toSample } from "./history/sample.ts";
import { type AnalyzerOptions, type CompleteOptions, completeOptions } from "./options.ts";
import type { Collector } from "./ports.ts";
import { type PerformanceReport, ruleStatus, statisticsOf, summaryOf } from "./report/report.ts";
import { RuleSet } from "./rules/rule-set.ts";
import { isAtLeast, type RuleSeverity, severities } from "./severity.ts";
import { suggest } from "./suggest/suggest.ts";
import type { OptimizationSuggestion, PerformanceIssue, PerformanceMetrics, PerformanceRule } from "./types.ts";
import { checkOneOf } from "./validate.ts";

/** Judges samples of a service by rules, keeps its incidents, and suggests what to do about them. */
export class PerformanceAnalyzer {
  readonly #options: CompleteOptions;
  readonly #history: History;
  readonly #rules = new RuleSet();
  readonly #collectors: Collectors;
  readonly #listeners = new Set<(issue: PerformanceIssue) => void>();
  readonly #closing = new AbortController();
  #firing: readonly PerformanceIssue[] = [];
  #resolved: PerformanceIssue[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #ticking = false;

  /** Throws a `TypeError` or `RangeError` for a bad option or rule, and `RULE_EXISTS` for two rules of one name. */
  constructor(options: AnalyzerOptions = {}) {
    this.#options = completeOptions(options);
    this.#history = new History(this.#options.maxHistorySize);
    this.#collectors = new Collectors(this.#options.collectTimeoutMs, this.#options.log);
    for (const rule of this.#options.rules) this.#rules.add(rule);
  }

  /** Adds a rule. Throws `RULE_EXISTS`, or a `TypeError` or `RangeError` that names the rule and the field. */
  addRule(rule: PerformanceRule): void {
    this.#rules.add(rule);
  }

  /** Adds a source of samples for `collect()` and `start()`. Throws `COLLECTOR_EXISTS`. */
  addCollector(collector: Collector): void {
    this.#collectors.add(collector);
  }

  /** Adds a sample. Throws a `TypeError` or `RangeError` that names the field. O(1). */
  addMetrics(sample: PerformanceMetrics): void {
    this.#history.add(toSample(sample, this.#options.clock.now()));
  }

  /** The rules, with their defaults filled in. */
  rules(): readonly PerformanceRule[] {
    return this.#rules.rules;
  }

  /** The names of the collectors. */
  collectors(): readonly string[] {
    return this.#collectors.names;
  }

  /**
   * Asks every collector for a sample. One that throws, hangs or tells nonsense does not disturb the others: its error,
   * `COLLECTOR_FAILED` or `COLLECTOR_TIMEOUT`, is in the result. Rejects when `signal` aborts, and with `ANALYZER_CLOSED`.
   */
  async collect(options: { readonly signal?: AbortSignal } = {}): Promise<readonly AnalysisError[]> {
    const { signal } = this.#closing;
    const either = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]);
    return await this.#collectors.collect((metrics) => this.addMetrics(metrics), either);
  }

  /** Judges all rules now, moves their states on, and returns the incidents that are on. O(rules x samples). */
  analyze(): readonly PerformanceIssue[] {
    const verdict = this.#rules.judge(this.#history, this.#options.clock.now());
    this.#rules.commit(verdict);
    this.#firing = verdict.firing;
    for (const issue of verdict.fired) this.#announce(issue);
    for (const issue of verdict.resolved) {
      this.#resolved.push(issue);
      this.#announce(issue);
    }
    this.#resolved.splice(0, this.#resolved.length - this.#options.maxResults);
    return verdict.firing;
  }

  /** What to do about `issues`, most urgent first. Default: those of the last `analyze()`. */
  generateSuggestions(issues: readonly PerformanceIssue[] = this.#firing): OptimizationSuggestion[] {
    return suggest(issues, (name) => this.#rules.get(name)?.advice);
  }

  /** What `analyze()` would find now, with suggestions and statistics. Changes nothing. */
  report(): PerformanceReport {
    const timestampMs = this.#options.clock.now();
    const verdict = this.#rules.judge(this.#history, timestampMs);
    const suggestions = this.generateSuggestions(verdict.firing);
    return {
      schemaVersion: 1,
      timestampMs,
      issues: verdict.firing,
      resolved: [...this.#resolved, ...verdict.resolved],
      suggestions,
      rules: verdict.judgements.map(ruleStatus),
      collectors: this.#collectors.statuses,
      statistics: statisticsOf(this.#history),
      summary: summaryOf(verdict.firing, suggestions),
    };
  }

  /** The incidents of past analyses from `minSeverity` up: those that ended, oldest first, then those that are on. */
  results(minSeverity: RuleSeverity = "low"): readonly PerformanceIssue[] {
    checkOneOf("minSeverity", minSeverity, severities);
    return [...this.#resolved, ...this.#firing].filter((issue) => isAtLeast(minSeverity, issue));
  }

  /** Forgets the incidents that have ended. */
  clearResults(): void {
    this.#resolved = [];
  }

  /** Calls `listener` when an analysis finds that an incident begins (`firing`) or ends (`resolved`). */
  onIssue(listener: (issue: PerformanceIssue) => void): Disposable {
    const subscriber = (issue: PerformanceIssue): void => listener(issue); // One listener may subscribe twice.
    this.#listeners.add(subscriber);
    return { [Symbol.dispose]: () => void this.#listeners.delete(subscriber) };
  }

  /** Collects and analyzes every `analysisIntervalMs`; a second call changes nothing. Throws `ANALYZER_CLOSED`. */
  start(): void {
    this.#closing.signal.throwIfAborted();
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#tick(), this.#options.analysisIntervalMs);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Stops the timer and aborts the collectors. What is known can still be read. */
  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort(new AnalysisError("ANALYZER_CLOSED", "the analyzer is closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A round that outlasts the interval is not overtaken by the next one. */
  async #tick(): Promise<void> {
    if (this.#ticking) return;
    this.#ticking = true;
    try {
      await this.collect();
      this.analyze();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#options.log.error(`analysis failed: ${error}`);
    } finally {
      this.#ticking = false;
    }
  }

  #announce(issue: PerformanceIssue): void {
    const { log } = this.#options;
    if (issue.state === "resolved") log.info(`resolved: ${issue.message}`);
    else if (isAtLeast("high", issue)) log.error(issue.message);
    else log.warn(issue.message);
    for (const listener of this.#listeners) {
      try {
        listener(issue);
      } catch (error) {
        log.error(`a listener failed on ${issue.rule}: ${error}`);
      }
    }
  }
}
