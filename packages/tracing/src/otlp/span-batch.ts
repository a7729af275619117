import type { FinishedSpan, SpanResource, SpanScope } from "../types.ts";
import { type EncodedTraces, frameTraces } from "./encoded-traces.ts";
import { heapMemory, ProtobufWriter, type WriterMemory } from "./protobuf-writer.ts";
import type { ScopeBody } from "./scope-body.ts";
import { writeSpan } from "./span-encoder.ts";

const chunkBytes = 32_768;
/** A chunk with less room than this is closed before the next span, so that few spans make a chunk grow. */
const usualSpanBytes = 1_024;

/** The encoded spans of one scope: full chunks and the open one. */
class ScopeLane {
  readonly resource: SpanResource;
  readonly scope: SpanScope;
  spanCount = 0;
  readonly #memory: WriterMemory;
  readonly #full: ProtobufWriter[] = [];
  #open: ProtobufWriter;

  constructor(span: FinishedSpan, memory: WriterMemory) {
    this.resource = span.resource;
    this.scope = span.instrumentationScope;
    this.#memory = memory;
    this.#open = new ProtobufWriter(chunkBytes, memory);
  }

  holds(span: FinishedSpan): boolean {
    return span.instrumentationScope === this.scope && span.resource === this.resource;
  }

  append(span: FinishedSpan): number {
    if (this.#open.position + usualSpanBytes > this.#open.buffer.length) {
      this.#full.push(this.#open);
      this.#open = new ProtobufWriter(chunkBytes, this.#memory);
    }
    const start = this.#open.position;
    try {
      writeSpan(this.#open, span);
    } catch (error) {
      this.#open.position = start;
      throw error;
    }
    this.spanCount++;
    return this.#open.position - start;
  }

  undo(sizeBytes: number): void {
    this.#open.position -= sizeBytes;
    this.spanCount--;
  }

  body(): ScopeBody {
    const chunks = [...this.#full, this.#open].map((writer) => writer.written());
    return { scope: this.scope, chunks, spanCount: this.spanCount };
  }

  release(): void {
    for (const writer of [...this.#full, this.#open]) writer.release();
  }
}

/** Collects spans by encoding each one at once, so that a waiting span costs its bytes and no objects. */
export class SpanBatch {
  readonly #memory: WriterMemory;
  readonly #lanes: ScopeLane[] = [];
  #last: ScopeLane | undefined;
  #spanCount = 0;
  #sizeBytes = 0;

  constructor(memory: WriterMemory = heapMemory) {
    this.#memory = memory;
  }

  get spanCount(): number {
    return this.#spanCount;
  }

  /** Encoded spans without the frame of resources and scopes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Encodes `span` and returns its size. When a hostile span makes that throw, nothing of it stays. */
  append(span: FinishedSpan): number {
    const lane = this.#last?.holds(span) ? this.#last : this.#laneOf(span);
    this.#last = lane;
    const sizeBytes = lane.append(span);
    this.#spanCount++;
    this.#sizeBytes += sizeBytes;
    return sizeBytes;
  }

  /** Takes the last appended span back, given its size. */
  undo(sizeBytes: number): void {
    this.#last?.undo(sizeBytes);
    this.#spanCount--;
    this.#sizeBytes -= sizeBytes;
  }

  /** Waits for resource attributes that are still being detected. */
  async settle(): Promise<void> {
    for (const { resource } of this.#lanes)
      if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
  }

  /** The request over all spans so far. Views into this batch's memory: valid until `release`. */
  frame(): EncodedTraces {
    const bodies = new Map<SpanResource, ScopeBody[]>();
    for (const lane of this.#lanes) {
      if (lane.spanCount === 0) continue;
      const known = bodies.get(lane.resource);
      if (known) known.push(lane.body());
      else bodies.set(lane.resource, [lane.body()]);
    }
    return frameTraces(bodies);
  }

  /** Gives the memory back; once, after the last use of what `frame` returned. */
  release(): void {
    for (const lane of this.#lanes) lane.release();
  }

  #laneOf(span: FinishedSpan): ScopeLane {
    const known = this.#lanes.find((lane) => lane.holds(span));
    if (known) return known;
    const lane = new ScopeLane(span, this.#memory);
    this.#lanes.push(lane);
    return lane;
  }
}
