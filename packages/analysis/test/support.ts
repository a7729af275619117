import {
  type AnalyzerOptions,
  PerformanceAnalyzer,
  type PerformanceMetrics,
  type PerformanceRule,
} from "@route/analysis";

/** A clock that stands until it is moved. */
export class ManualClock {
  #nowMs = 1_000_000;

  now(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

/** A log that keeps what it is told, with the level before it. */
export class RecordedLog {
  readonly lines: string[] = [];
  info(message: string): void {
    this.lines.push(`info ${message}`);
  }
  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }
  error(message: string): void {
    this.lines.push(`error ${message}`);
  }
}

/** An analyzer on a clock of its own. `feed` adds a sample per second and analyzes after each. */
export const setUp = (options: AnalyzerOptions = {}) => {
  const clock = new ManualClock();
  const log = new RecordedLog();
  const analyzer = new PerformanceAnalyzer({ clock, log, ...options });
  const feed = (...samples: PerformanceMetrics[]) => {
    for (const sample of samples) {
      clock.advance(1000);
      analyzer.addMetrics(sample);
      analyzer.analyze();
    }
  };
  return { analyzer, clock, log, feed };
};

/** A rule that judges the newest second alone. */
export const immediate = (rule: Partial<PerformanceRule> = {}): PerformanceRule => ({
  name: "Busy",
  metric: "cpuUsage",
  comparison: "above",
  threshold: 0.5,
  severity: "low",
  windowMs: 1000,
  minSamples: 1,
  ...rule,
});
