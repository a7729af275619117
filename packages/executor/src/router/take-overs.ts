import type { WaitingRoom } from "./waiting-room.ts";

/** The pace of take-overs: a pod's death must not flood the store, nor the pods that are left, with all its uids at once. */
export class TakeOvers {
  readonly #atOnce: number;
  readonly #room: WaitingRoom;
  /** A set, for the first of a long array is costly to take. */
  readonly #queue = new Set<() => void>();
  #running = 0;

  constructor(atOnce: number, room: WaitingRoom) {
    this.#atOnce = atOnce;
    this.#room = room;
  }

  /** Runs `task` when it is its turn, in the order of the calls. Rejects with `OVERLOADED` where too many wait. */
  async run<Answer>(task: () => Promise<Answer>): Promise<Answer> {
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#turn();
    try {
      return await task();
    } finally {
      this.#handOn();
    }
  }

  // Nobody who comes now can overtake those who wait.
  #handOn(): void {
    const [next] = this.#queue;
    if (!next) this.#running--;
    else {
      this.#queue.delete(next);
      next();
    }
  }

  async #turn(): Promise<void> {
    this.#room.enter();
    await new Promise<void>((resolve) => this.#queue.add(resolve));
    this.#room.leave();
  }
}
