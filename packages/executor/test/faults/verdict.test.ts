import { describe, expect, it } from "vitest";
import type { Link } from "../../src/types.ts";
import type { LogRecord, PodLog } from "./pod-log.ts";
import {
  heldOf,
  heldTwice,
  longestGapMs,
  lostCounters,
  lostLinks,
  outranked,
  takenFromLiving,
  unwitnessed,
  withoutHandedBack,
  wrongServices,
} from "./verdict.ts";

const acquired = (fence: number, atMs: number, reason = "new"): LogRecord => ({
  ...{ kind: "acquired", uid: "u", fence, reason, atMs },
});
const ended = (fence: number, atMs: number): LogRecord => ({ kind: "ended", uid: "u", fence, reason: "lease", atMs });
const served = (fence: number, startMs: number, endMs: number, kind: "served" | "abandoned" = "served"): LogRecord => ({
  ...{ kind, uid: "u", fence, incarnation: 1, startMs, endMs, count: 1 },
});
const counted = (fence: number, atMs: number, count: number): LogRecord => ({
  ...{ kind: "served", uid: "u", fence, incarnation: 1, startMs: atMs, endMs: atMs, count },
});
const log = (pod: number, ...records: LogRecord[]): PodLog => ({ pod, process: `pod-${pod}`, records });
const nobody = new Set<number>();

describe("wrong owners", () => {
  const first = log(1, acquired(10, 0), served(10, 1, 3), served(10, 2, 4), ended(10, 5));

  it("are none where one pod serves after the other", () => {
    expect(wrongServices([first, log(2, acquired(11, 6), served(11, 7, 8))])).toEqual([]);
  });

  it("are found where services of two pods overlap", () => {
    const second = log(2, acquired(11, 2), served(11, 2.5, 8));
    expect(wrongServices([first, second])).toEqual([
      { uid: "u", pod: 1, fence: 10, why: "overtaken", lateMs: 0.5 },
      { uid: "u", pod: 1, fence: 10, why: "overtaken", lateMs: 1.5 },
    ]);
  });

  it("are found where a lower fence is served after a higher one, whoever did it", () => {
    const late = log(1, acquired(10, 0), served(10, 1, 3), served(10, 20, 21));
    const second = log(2, acquired(11, 6), served(11, 7, 8));
    expect(wrongServices([late, second])).toEqual([{ uid: "u", pod: 1, fence: 10, why: "overtaken", lateMs: 14 }]);
    const same = log(2, acquired(11, 6), served(11, 7, 8), acquired(10, 9), served(10, 10, 11));
    expect(wrongServices([same])).toMatchObject([{ pod: 2, fence: 10, why: "overtaken" }]);
  });

  it("are found where a request was admitted under a lower fence, even if it took no effect", () => {
    const second = log(2, acquired(11, 6), served(11, 7, 8));
    const frozen = (startMs: number) => log(1, acquired(10, 0), ended(10, 29), served(10, startMs, 30, "abandoned"));
    expect(wrongServices([frozen(20), second])).toMatchObject([{ pod: 1, lateMs: 13 }]);
    expect(wrongServices([frozen(5), second])).toEqual([]);
  });

  it("are found where two processes serve one fence", () => {
    const second = log(2, acquired(10, 6), served(10, 7, 8));
    expect(wrongServices([first, second])).toMatchObject([{ pod: 2, why: "shared fence" }]);
  });

  it("are found where a pod serves outside its tenure, or under another fence than the tenure's", () => {
    const wrong = { uid: "u", pod: 1, fence: 10, why: "no tenure", lateMs: 0 };
    expect(wrongServices([log(1, served(10, 1, 2))])).toEqual([wrong]);
    expect(wrongServices([log(1, acquired(10, 0), ended(10, 3), served(10, 1, 4))])).toEqual([wrong]);
    expect(wrongServices([log(1, acquired(9, 0), served(10, 1, 2))])).toEqual([wrong]);
    expect(wrongServices([log(1, acquired(10, 5), served(10, 4, 6))])).toEqual([wrong]);
    expect(wrongServices([log(1, acquired(10, 0), ended(10, 3), acquired(10, 4), served(10, 5, 6))])).toEqual([]);
  });
});

describe("uids taken from living pods", () => {
  const logs = [log(1, acquired(10, 0)), log(2, acquired(11, 5, "takeover"))];

  it("are counted, but not those of victims, moves, and a pod's own new tenures", () => {
    expect(takenFromLiving(logs, nobody)).toEqual(["u"]);
    expect(takenFromLiving(logs, new Set([2]))).toEqual(["u"]);
    expect(takenFromLiving(logs, new Set([1]))).toEqual([]);
    expect(takenFromLiving([logs[0]!, log(2, acquired(11, 5, "move"))], nobody)).toEqual([]);
    expect(takenFromLiving([log(1, acquired(10, 0), acquired(11, 3))], nobody)).toEqual([]);
  });
});

describe("lost links", () => {
  const link: Link = { pod: 1, incarnation: 5, fence: 10, lifetimeSeconds: 60, origin: "new" };
  const next: Link = { ...link, pod: 2, incarnation: 6, fence: 11, origin: "takeover" };
  const lost = (told: Link[], stored: Link | undefined, victims = nobody): string[] =>
    lostLinks(new Map([["u", told]]), new Map(stored ? [["u", stored]] : []), victims);

  it("are those that are missing, rolled back or given away", () => {
    expect(lost([link], undefined)).toEqual(["u"]);
    expect(lost([link], undefined, new Set([1]))).toEqual(["u"]);
    expect(lost([link], { ...link, fence: 9 }, new Set([1]))).toEqual(["u"]);
    expect(lost([link], { ...link, pod: 2 })).toEqual(["u"]);
    expect(lost([link], next)).toEqual(["u"]);
    expect(lost([link], { ...link, fence: 11 })).toEqual(["u"]);
  });

  it("are those that were followed by another, whatever stands there now, in whichever order they were told", () => {
    expect(lost([link, next], next)).toEqual(["u"]);
    expect(lost([next, link], next)).toEqual(["u"]);
    expect(lost([next, link], link, new Set([1]))).toEqual(["u"]);
  });

  it("are none where the link stands, was moved, or was a victim's and was taken over", () => {
    expect(lost([link], link)).toEqual([]);
    expect(lost([link], { ...next, origin: "move" })).toEqual([]);
    expect(lost([link], next, new Set([1]))).toEqual([]);
    expect(lost([next, link], next, new Set([1]))).toEqual([]);
  });

  it("are not those that a leaving pod has never taken up, which it may hand back", () => {
    const told = new Map([["u", [link, next]]]);
    const leaving = new Set([1]);
    expect(withoutHandedBack(told, [], leaving).get("u")).toEqual([next]);
    expect(withoutHandedBack(told, [log(1, acquired(10, 1))], leaving).get("u")).toEqual([link, next]);
    expect(withoutHandedBack(told, [], nobody).get("u")).toEqual([link, next]);
  });

  it("are outranked where a pod served a higher fence than the store has", () => {
    const logs = [log(1, served(10, 1, 2)), log(2, served(11, 3, 4))];
    expect(outranked(logs, new Map([["u", link]]))).toEqual(["u"]);
    expect(outranked(logs, new Map())).toEqual(["u"]);
    expect(outranked(logs, new Map([["u", next]]))).toEqual([]);
  });
});

describe("counters", () => {
  const first = log(1, acquired(10, 0), counted(10, 1, 1), counted(10, 2, 2));

  it("are lost where a move forgets them, or a count is missing", () => {
    expect(lostCounters([first, log(2, acquired(11, 3, "move"), counted(11, 4, 1))])).toEqual(["u"]);
    expect(lostCounters([first, log(2, acquired(11, 3, "move"), counted(11, 4, 4))])).toEqual(["u"]);
    expect(lostCounters([log(1, acquired(10, 0), counted(10, 1, 1), counted(10, 2, 1))])).toEqual(["u"]);
  });

  it("are not where they went along, or where a take-over or a tenure after a lost lease began anew", () => {
    expect(lostCounters([log(1, acquired(10, 0), counted(10, 1, 1), acquired(10, 2), counted(10, 3, 1))])).toEqual([]);
    expect(lostCounters([first, log(2, acquired(11, 3, "move"), counted(11, 4, 3))])).toEqual([]);
    expect(lostCounters([first, log(2, acquired(11, 3, "takeover"), counted(11, 4, 1), counted(11, 5, 2))])).toEqual(
      [],
    );
  });
});

describe("what clients were told", () => {
  const write = (count: number, sinceMs = 1, atMs = 3) => ({ uid: "u", fence: 10, count, sinceMs, atMs });

  it("must be in a log", () => {
    const logs = [log(1, acquired(10, 0), served(10, 1, 2))];
    expect(unwitnessed([write(1)], logs)).toEqual([]);
    expect(unwitnessed([write(1), write(2)], logs)).toEqual([write(2)]);
  });

  it("shows the longest time that one of them waited", () => {
    expect(longestGapMs([write(1, 0, 10), write(2, 10, 50), write(3, 60, 61)])).toBe(40);
    expect(longestGapMs([])).toBe(0);
  });
});

describe("who holds a uid", () => {
  const holding = log(1, acquired(10, 0));

  it("is told by tenures that have begun and not ended", () => {
    expect(heldOf(["u", "v"], [holding])).toEqual(["u"]);
    expect(heldOf(["u"], [log(1, acquired(10, 0), ended(10, 5))])).toEqual([]);
    expect(heldOf(["u"], [log(1, acquired(10, 0), acquired(11, 6), ended(10, 7))])).toEqual(["u"]);
  });

  it("is one at a time, until two do by their own account", () => {
    expect(heldTwice([holding, log(2, acquired(11, 2), ended(11, 3))])).toEqual([]);
    expect(heldTwice([holding, log(2, acquired(11, 2))])).toEqual(["u"]);
  });
});
