import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { PodId } from "../types.ts";

/** Sent together, so that 20,000 hand-overs are some hundred messages. */
const batchSize = 128;

/** Letters to other pods, collected for each and sent together. Best effort: whoever gets none finds out by requests. */
export class Outbox {
  readonly #scope: ServiceScope;
  readonly #log: Log;
  readonly #waiting = new Map<PodId, string[]>();
  readonly #sending = new Set<Promise<void>>();
  #scheduled = false;

  constructor(scope: ServiceScope, log: Log) {
    this.#scope = scope;
    this.#log = log;
  }

  add(pod: PodId, text: string): void {
    const texts = this.#waiting.get(pod) ?? [];
    texts.push(text);
    this.#waiting.set(pod, texts);
    if (texts.length >= batchSize) this.#send(pod);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#sendAll();
    });
  }

  /** Settles when all that was added has been sent, or has failed. */
  async flush(): Promise<void> {
    this.#sendAll();
    await Promise.all(this.#sending);
  }

  #sendAll(): void {
    for (const pod of [...this.#waiting.keys()]) this.#send(pod);
  }

  #send(pod: PodId): void {
    const texts = this.#waiting.get(pod);
    if (!texts) return;
    this.#waiting.delete(pod);
    const sending = this.#scope.sendLetters(pod, texts).catch((error: unknown) => {
      this.#log.warn(`${texts.length} letters to pod ${pod} could not be sent`, error);
    });
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }
}
