import type { Context } from "@opentelemetry/api";
import type {
  FinishedSpan,
  FinishedSpanExporter,
  FinishedSpanProcessor,
  SpanExportResult,
  SpanResource,
} from "../types.ts";
import { requireMethod } from "../validation.ts";
import { redactedSpan } from "./redacted-span.ts";
import type { Redactor } from "./redactor.ts";

/** Redacts spans; one redacted resource per resource, so that spans stay grouped. */
class SpanRedaction {
  readonly #redactor: Redactor;
  readonly #resources = new WeakMap<SpanResource, SpanResource>();

  constructor(redactor: Redactor) {
    this.#redactor = requireMethod("redactor", redactor, "text");
  }

  redact(span: FinishedSpan): FinishedSpan {
    return redactedSpan(span, this.#resourceOf(span.resource), this.#redactor);
  }

  #resourceOf(resource: SpanResource): SpanResource {
    const known = this.#resources.get(resource);
    if (known) return known;
    const redactor = this.#redactor;
    const redacted: SpanResource = {
      // Read when the request is written: attributes may still be on their way.
      get attributes() {
        return redactor.attributes(resource.attributes);
      },
      get asyncAttributesPending() {
        return resource.asyncAttributesPending === true;
      },
      waitForAsyncAttributes: async () => resource.waitForAsyncAttributes?.(),
      ...(resource.schemaUrl !== undefined && { schemaUrl: resource.schemaUrl }),
    };
    this.#resources.set(resource, redacted);
    return redacted;
  }
}

/** Hands spans to the next processor without their secrets: put it before the tail sampler or the pipeline. */
export class RedactingProcessor implements FinishedSpanProcessor {
  readonly #next: FinishedSpanProcessor;
  readonly #redaction: SpanRedaction;

  constructor(next: FinishedSpanProcessor, redactor: Redactor) {
    this.#next = requireMethod("next", next, "onEnd");
    this.#redaction = new SpanRedaction(redactor);
  }

  onStart(span: never, parentContext: Context): void {
    this.#next.onStart(span, parentContext);
  }

  onEnding(span: never): void {
    this.#next.onEnding?.(span);
  }

  onEnd(span: FinishedSpan): void {
    this.#next.onEnd(this.#redaction.redact(span));
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#next.shutdown();
  }
}

/** Hands spans to an exporter without their secrets, where the processor before it is not ours. */
export class RedactingExporter implements FinishedSpanExporter {
  readonly #exporter: FinishedSpanExporter;
  readonly #redaction: SpanRedaction;

  constructor(exporter: FinishedSpanExporter, redactor: Redactor) {
    this.#exporter = requireMethod("exporter", exporter, "export");
    this.#redaction = new SpanRedaction(redactor);
  }

  export(spans: FinishedSpan[], resultCallback: (result: SpanExportResult) => void): void {
    this.#exporter.export(
      spans.map((span) => this.#redaction.redact(span)),
      resultCallback,
    );
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
