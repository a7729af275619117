import { type HrTime, type SpanContext, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { TracingError } from "../errors.ts";
import type { FinishedSpan, SpanResource, SpanScope } from "../types.ts";
import { requireInteger } from "../validation.ts";
import { AttributeList } from "./attribute-list.ts";

/** Which pool has lent a span. A field of the span, out of its user's reach: a set of all lent spans would cost more than the span. */
let poolOf: (span: FlatSpan) => SpanPool | undefined;
let setPool: (span: FlatSpan, pool: SpanPool | undefined) => void;

/** A span in flat memory, for code that makes spans itself at a high rate. Not to be used after its release. */
export class FlatSpan {
  traceId = "";
  spanId = "";
  name = "";
  kind: SpanKind = SpanKind.INTERNAL;
  /** Wall time in ms since 1970. */
  startedAtMs = 0;
  /** Wall time in ms since 1970. */
  endedAtMs = 0;
  failed = false;
  readonly attributes: AttributeList = new AttributeList();
  #pool: SpanPool | undefined;

  static {
    poolOf = (span) => span.#pool;
    setPool = (span, pool) => {
      span.#pool = pool;
    };
  }

  /** Forgets everything, ids included. */
  reset(): void {
    this.traceId = "";
    this.spanId = "";
    this.name = "";
    this.kind = SpanKind.INTERNAL;
    this.startedAtMs = 0;
    this.endedAtMs = 0;
    this.failed = false;
    this.attributes.clear();
  }

  /** A copy for processors and exporters, which may keep it after this span is released. */
  toFinishedSpan(resource: SpanResource, scope: SpanScope): FinishedSpan {
    const context: SpanContext = { traceId: this.traceId, spanId: this.spanId, traceFlags: 1 };
    return {
      name: this.name,
      kind: this.kind,
      spanContext: () => context,
      startTime: hrTime(this.startedAtMs),
      endTime: hrTime(this.endedAtMs),
      duration: hrTime(this.endedAtMs - this.startedAtMs),
      ended: true,
      status: { code: this.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      attributes: this.attributes.toAttributes(),
      links: [],
      events: [],
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

const hrTime = (ms: number): HrTime => {
  const seconds = Math.trunc(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
};

/**
 * Lends flat spans and takes them back. Only flat memory is pooled: emptying a span's attribute object for reuse was
 * measured several times slower than a new object, and a user may hold on to it; see the README.
 */
export class SpanPool {
  readonly #maxIdle: number;
  readonly #idle: FlatSpan[] = [];
  #lent = 0;

  /** Keeps at most `maxIdle` spans. */
  constructor(maxIdle: number = 1_024) {
    this.#maxIdle = requireInteger("maxIdle", maxIdle, 0);
  }

  /** Spans that are out. */
  get lent(): number {
    return this.#lent;
  }

  acquire(): FlatSpan {
    const span = this.#idle.pop() ?? new FlatSpan();
    setPool(span, this);
    this.#lent++;
    return span;
  }

  /** Takes `span` back, emptied. Throws `double-release` for one that is not out. */
  release(span: FlatSpan): void {
    if (poolOf(span) !== this)
      throw new TracingError("double-release", `The span "${span.name}" was released and is not lent by this pool`);
    setPool(span, undefined);
    this.#lent--;
    span.reset();
    if (this.#idle.length < this.#maxIdle) this.#idle.push(span);
  }
}
