import type { StoreEvent } from "../store/answers.ts";
import type { Link, PodId } from "../types.ts";
import { checkNumber } from "../validate.ts";

/** What `StatefulRouter.watch` tells. */
export type WatchEvent =
  /** Changes may have been missed: read again what you keep. Comes first. */
  | { readonly kind: "resync" }
  /** The link was made, changed hands, or was removed (`undefined`). */
  | { readonly kind: "link"; readonly uid: string; readonly link: Link | undefined }
  /** The pod came, went, was sealed or changed its routing state; `pods()` tells. */
  | { readonly kind: "pod"; readonly pod: PodId };

/** What `StatefulRouter.watch` may be told. */
export interface WatchOptions {
  /** With so many events waiting to be read, they are dropped and a `resync` takes their place. Default 10000. */
  readonly maxQueued?: number | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

type Result = IteratorResult<WatchEvent, undefined>;

const defaultMaxQueued = 10_000;
const done: Result = Object.freeze({ done: true, value: undefined });

/** The events of a service as they come, until `return`, the signal or `close`. One of `all` until then. */
export class Watch implements AsyncIterableIterator<WatchEvent, undefined> {
  readonly #maxQueued: number;
  readonly #signal: AbortSignal | undefined;
  readonly #subscription: Disposable;
  readonly #all: Set<Watch>;
  #queue: WatchEvent[] = [];
  #readers: ((result: Result) => void)[] = [];
  #isEnded = false;

  constructor(
    subscribe: (listener: (event: StoreEvent) => void) => Disposable,
    { maxQueued = defaultMaxQueued, signal }: WatchOptions,
    all: Set<Watch>,
  ) {
    this.#maxQueued = checkNumber("maxQueued", maxQueued, 1, Number.MAX_SAFE_INTEGER);
    this.#signal = signal;
    this.#all = all;
    this.#subscription = subscribe((event) => this.#hear(event));
    all.add(this);
    signal?.addEventListener("abort", this.close);
    if (signal?.aborted) this.close();
  }

  next(): Promise<Result> {
    const value = this.#queue.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#isEnded) return Promise.resolve(done);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  return(): Promise<Result> {
    this.close();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Ends the iteration; what waits to be read is dropped. */
  readonly close = (): void => {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue = [];
    this.#subscription[Symbol.dispose]();
    this.#signal?.removeEventListener("abort", this.close);
    for (const resolve of this.#readers.splice(0)) resolve(done);
    this.#all.delete(this);
  };

  #hear(event: StoreEvent): void {
    if (this.#isEnded || event.kind === "letter") return;
    if (event.kind === "gap") this.#resync();
    else this.#tell(event);
  }

  #tell(event: WatchEvent): void {
    const reader = this.#readers.shift();
    if (reader) reader({ done: false, value: event });
    else if (this.#queue.length < this.#maxQueued) this.#queue.push(event);
    else this.#resync();
  }

  // Whoever reads everything again needs nothing that was before.
  #resync(): void {
    this.#queue = [];
    this.#tell({ kind: "resync" });
  }
}
