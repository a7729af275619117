interface Account {
  fence: number;
  /** Who served under this fence. */
  pod: number | undefined;
  serves: number;
  /** What was released last, until somebody serves the uid again. */
  released: string | undefined;
}

/** What the whole fleet did for each uid, as nobody inside it can know, and what of it went against the claims. */
export class Ledger {
  readonly #violations: string[];
  readonly #accounts = new Map<string, Account>();

  constructor(violations: string[]) {
    this.#violations = violations;
  }

  /** How often the uid was served. */
  serves(uid: string): number {
    return this.#of(uid).serves;
  }

  served(uid: string, pod: number, fence: number): void {
    const account = this.#of(uid);
    if (fence < account.fence) this.#violations.push(`pod ${pod} served ${uid} under ${fence} after ${account.fence}`);
    if (fence === account.fence && pod !== account.pod) {
      this.#violations.push(`pods ${account.pod} and ${pod} served ${uid} under ${fence}`);
    }
    if (fence >= account.fence) Object.assign(account, { fence, pod });
    account.serves++;
    account.released = undefined;
  }

  released(uid: string, state: string): void {
    this.#of(uid).released = state;
  }

  /** A state may be handed out again as long as nobody has served the uid with it, but never an old one. */
  acquired(uid: string, pod: number, state: string): void {
    const { released } = this.#of(uid);
    if (released !== state) this.#violations.push(`pod ${pod} got ${state} for ${uid}, released was ${released}`);
  }

  #of(uid: string): Account {
    const account = this.#accounts.get(uid) ?? { fence: 0, pod: undefined, serves: 0, released: undefined };
    this.#accounts.set(uid, account);
    return account;
  }
}
