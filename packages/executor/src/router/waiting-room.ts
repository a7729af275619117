import { ExecutorError } from "../errors.ts";

/** So much later there may be room again. */
const retryAfterMs = 1000;

/** Bounds how many calls wait, so that a stall cannot fill the memory. */
export class WaitingRoom {
  readonly #seats: number;
  #taken = 0;

  constructor(seats: number) {
    this.#seats = seats;
  }

  /** Throws `OVERLOADED` where all seats are taken. */
  enter(): void {
    if (this.#taken >= this.#seats) {
      const details = { retryable: true, retryAfterMs, operation: "resolve" } as const;
      throw new ExecutorError("OVERLOADED", `${this.#seats} calls wait already for moves and take-overs`, details);
    }
    this.#taken++;
  }

  leave(): void {
    this.#taken--;
  }
}
