import { describe, expect, it } from "vitest";
import { Standings } from "../src/standings.ts";

const open = (...pods: readonly number[]) => {
  const time = { ms: 0 };
  const taking = new Set<number>();
  const standings = new Standings(
    (pod, takesNew) => void (takesNew ? taking.add(pod) : taking.delete(pod)),
    () => time.ms,
  );
  standings.sync(pods);
  const later = (ms: number): number[] => {
    time.ms += ms;
    standings.settle();
    return [...taking];
  };
  return { standings, taking: () => [...taking], later };
};

describe("who may take new sessions", () => {
  it("a pod that answers probes takes one, and more once it has served that one", () => {
    const { standings, taking } = open(0);
    expect(taking()).toEqual([]);
    standings.probed(0, true);
    expect(taking()).toEqual([0]);
    standings.placed(0);
    expect([taking(), standings.isProven(0)]).toEqual([[], false]);
    standings.served(0, true);
    expect([taking(), standings.isProven(0)]).toEqual([[0], true]);
    standings.placed(0);
    expect(taking()).toEqual([0]);
    standings.probed(0, false);
    expect(taking()).toEqual([]);
  });

  it("one that fails its trial waits for the next, twice as long each time, up to five minutes", () => {
    const { standings, taking, later } = open(0);
    standings.probed(0, true);
    for (const waitMs of [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      standings.placed(0);
      standings.served(0, false);
      expect(later(waitMs - 1)).toEqual([]);
      expect(later(1)).toEqual([0]);
    }
    standings.placed(0);
    standings.served(0, true);
    for (let failed = 0; failed < 4; failed++) standings.served(0, false);
    standings.served(0, true);
    for (let failed = 0; failed < 4; failed++) standings.served(0, false);
    expect(taking()).toEqual([0]);
    standings.served(0, false);
    // It has served meanwhile: the first wait is short again.
    expect(later(4999)).toEqual([]);
    expect(later(1)).toEqual([0]);
  });

  it("a trial of which nothing is heard is offered again; pods that leave are forgotten", () => {
    const { standings, later } = open(0, 1);
    standings.probed(0, true);
    standings.placed(0);
    expect(later(9999)).toEqual([]);
    expect(later(1)).toEqual([0]);
    standings.sync([1]);
    standings.served(0, false);
    standings.sync([0, 1]);
    expect(standings.isProven(0)).toBe(false);
    expect(standings.answering()).toEqual([
      { podId: 1, healthy: false },
      { podId: 0, healthy: false },
    ]);
  });
});
