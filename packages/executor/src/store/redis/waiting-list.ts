/** A call that Redis has not answered, and its neighbours in order of sending. */
export interface Waiting {
  readonly operation: string;
  readonly key: string;
  readonly sentAtMs: number;
  reject(error: Error): void;
  before: Waiting | undefined;
  after: Waiting | undefined;
}

/**
 * Calls in the order in which they were sent, which is the order in which they time out. Linked, for a `Set` that gains
 * and loses one member per call is rebuilt every few calls.
 */
export class WaitingList {
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  get first(): Waiting | undefined {
    return this.#first;
  }

  add(waiting: Waiting): void {
    waiting.before = this.#last;
    if (this.#last) this.#last.after = waiting;
    else this.#first = waiting;
    this.#last = waiting;
  }

  /** Does nothing for a call that was removed before. */
  remove(waiting: Waiting): void {
    const { before, after } = waiting;
    if (!before && this.#first !== waiting) return;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    waiting.before = undefined;
    waiting.after = undefined;
  }
}
