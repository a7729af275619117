/** One conversation per uid at a time: who asks for the same meanwhile gets the same answer. */
export class Flights<Answer> {
  readonly #running = new Map<string, Promise<Answer>>();

  run(uid: string, begin: () => Promise<Answer>): Promise<Answer> {
    const running = this.#running.get(uid);
    if (running) return running;
    const flight = begin().finally(() => {
      if (this.#running.get(uid) === flight) this.#running.delete(uid);
    });
    this.#running.set(uid, flight);
    return flight;
  }

  /** What is under way may be answered with what was true before: who asks from now on begins anew. */
  leave(uid: string): void {
    this.#running.delete(uid);
  }
}
