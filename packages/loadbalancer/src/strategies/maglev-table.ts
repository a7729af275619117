import { hashKey, mix } from "./hash.ts";
import type { Candidate } from "./strategy.ts";

/** A prime, as the permutations need; 65,537 entries keep the shares of 600 pods within 1 %. */
export const TABLE_SIZE = 65_537;
const EMPTY = 0xffff;

interface Filler {
  readonly slot: number;
  readonly hash: number;
  readonly share: number;
  position: number;
  readonly step: number;
  credit: number;
}

const fillerOf = (pod: Candidate, greatestWeight: number): Filler => {
  const hash = hashKey(pod.podId);
  return {
    slot: pod.slot,
    hash,
    share: pod.configuredWeight / greatestWeight,
    position: (hash >>> 0) % TABLE_SIZE,
    step: ((mix(hash ^ 0x9e3779b9) >>> 0) % (TABLE_SIZE - 1)) + 1,
    credit: 0,
  };
};

/**
 * The lookup table of Maglev (Eisenbud et al., NSDI 2016): pods take turns, as often as their weight says, to claim the next
 * free entry of a permutation of their own. It depends on ids and weights alone: all gateways fill the same. A few ms.
 */
export const fillTable = (pods: readonly Candidate[]): Uint16Array => {
  const table = new Uint16Array(TABLE_SIZE).fill(EMPTY);
  if (pods.length === 0) return table;
  const greatestWeight = pods.reduce((greatest, { configuredWeight }) => Math.max(greatest, configuredWeight), 0);
  const fillers = pods.map((pod) => fillerOf(pod, greatestWeight)).sort((a, b) => a.hash - b.hash);
  let filled = 0;
  for (;;) {
    for (const filler of fillers) {
      filler.credit += filler.share;
      if (filler.credit < 1) continue;
      filler.credit -= 1;
      claim(table, filler);
      if (++filled === TABLE_SIZE) return table;
    }
  }
};

const claim = (table: Uint16Array, filler: Filler): void => {
  while (table[filler.position] !== EMPTY) filler.position = (filler.position + filler.step) % TABLE_SIZE;
  table[filler.position] = filler.slot;
};
