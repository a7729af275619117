import type { Draw } from "../random.ts";
import type { Key } from "../types.ts";
import { hashKey, mix } from "./hash.ts";
import { fillTable, TABLE_SIZE } from "./maglev-table.ts";
import type { Candidate, Strategy, StrategyEnvironment, StrategyReason } from "./strategy.ts";

const REHASHES = 16;

/**
 * Hashing by Maglev's table: one look-up, whatever the size of the fleet. A pod that is away for a while (ejected, full)
 * keeps its entries; its keys go elsewhere meanwhile and come back with it, and no other key moves.
 */
export class Maglev implements Strategy {
  readonly keyed = true;
  readonly #draw: Draw;
  /** All pods of the table by slot, joined or not, and the weights that the table was filled for. */
  readonly #known = new Map<number, Candidate>();
  readonly #weights = new Map<number, number>();
  /** Those that may be chosen, by slot. */
  readonly #joined: boolean[] = [];
  #joinedCount = 0;
  #table: Uint16Array | undefined;
  #moved = false;

  constructor({ draw }: StrategyEnvironment) {
    this.#draw = draw;
  }

  join(pod: Candidate): void {
    while (this.#joined.length <= pod.slot) this.#joined.push(false);
    this.#joined[pod.slot] = true;
    this.#joinedCount++;
    this.#known.set(pod.slot, pod);
    this.reweighed(pod);
  }

  leave({ slot }: Candidate): void {
    this.#joined[slot] = false;
    this.#joinedCount--;
  }

  forget({ slot }: Candidate): void {
    this.#weights.delete(slot);
    if (this.#known.delete(slot)) this.#table = undefined;
  }

  reweighed({ slot, configuredWeight }: Candidate): void {
    // Warm-ups do not count here: gateways would disagree while they last.
    if (this.#weights.get(slot) === configuredWeight) return;
    this.#table = undefined;
  }

  select(key: Key | undefined): number | undefined {
    if (this.#joinedCount === 0) return undefined;
    this.#table ??= this.#fill();
    let hash = key === undefined ? this.#draw.bits() : hashKey(key);
    for (let attempt = 0; attempt < REHASHES; attempt++) {
      const slot = this.#table[(hash >>> 0) % TABLE_SIZE]!;
      this.#moved = attempt > 0;
      if (this.#joined[slot]) return slot;
      hash = mix(hash + 0x9e3779b9);
    }
    return this.#walk((hash >>> 0) % TABLE_SIZE);
  }

  explain(): StrategyReason {
    const reason = this.#moved
      ? "the key's own pod takes no work now: the next in the table"
      : "the key's entry in the table";
    return { reason, considered: [] };
  }

  #fill(): Uint16Array {
    for (const { slot, configuredWeight } of this.#known.values()) this.#weights.set(slot, configuredWeight);
    return fillTable([...this.#known.values()]);
  }

  /** The next entry whose pod may be chosen; for fleets most of which is away. */
  #walk(start: number): number | undefined {
    for (let offset = 0; offset < TABLE_SIZE; offset++) {
      const slot = this.#table![(start + offset) % TABLE_SIZE]!;
      if (this.#joined[slot]) return slot;
    }
    // A joined pod without an entry: more pods than entries.
    return this.#joined.indexOf(true);
  }
}
