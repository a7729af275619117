import { type PodLetter, parseLetter } from "../letters.ts";
import type { Log } from "../ports.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { Owner } from "../types.ts";

/** What a {@link Mailbox} works with. */
export interface MailboxOptions {
  readonly scope: ServiceScope;
  readonly log: Log;
  readonly servingAs: () => Owner | undefined;
  /** Awaited before the letter counts as read. Must not reject. */
  readonly onLetter: (letter: PodLetter) => Promise<void>;
}

/** Letters that are read and worked on together: some hundred uids to adopt keep the connection busy meanwhile. */
const batchSize = 512;

/** Reads what is asked of this pod. A letter is acknowledged after it was worked on, so that a crash loses none. */
export class Mailbox {
  readonly #options: MailboxOptions;
  #reading: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Reads all that is there. A call during a reading makes it look once more. Never rejects. */
  read(): Promise<void> {
    this.#isAskedAgain = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.#readToEnd();
      }
    } catch (error) {
      // They stay in the store; the next renewal tells of them again.
      this.#options.log.debug("letters could not be read", error);
    }
  }

  async #readToEnd(): Promise<void> {
    const { scope, servingAs, onLetter } = this.#options;
    for (let after = ""; ; ) {
      const owner = servingAs();
      if (!owner) return;
      const letters = await scope.readLetters(owner, after, batchSize);
      const last = letters.at(-1);
      if (!last) return;
      await Promise.all(letters.map(({ text }) => parseLetter(text)).map((letter) => letter && onLetter(letter)));
      after = last.id;
    }
  }
}
