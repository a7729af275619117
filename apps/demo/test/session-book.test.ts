import { describe, expect, it } from "vitest";
import { findTwoOwners, type Served } from "../src/scenarios/serve-logs.ts";
import { type Outcome, SessionBook } from "../src/scenarios/session-book.ts";

const outcome = (status: number, pod?: number, count?: number): Outcome => ({
  ...{ uid: "u", sentAtMs: 0, durationMs: 1, status, code: undefined, pod, count },
});

const bookOf = (...outcomes: readonly Outcome[]): SessionBook => {
  const book = new SessionBook();
  for (const one of outcomes) book.note(one);
  return book;
};

describe("what a scenario holds against an answer", () => {
  it("nothing, where each counts one more, also on another pod", () => {
    const book = bookOf(outcome(200, 0, 1), outcome(200, 0, 2), outcome(200, 1, 3));
    expect([book.lost.size, book.doubled.size, book.moved.size]).toEqual([0, 0, 1]);
  });

  it("a count that falls is lost state, one that rises too much ran twice", () => {
    expect(bookOf(outcome(200, 0, 5), outcome(200, 1, 1)).lost.size).toBe(1);
    expect(bookOf(outcome(200, 0, 5), outcome(200, 0, 5)).lost.size).toBe(1);
    expect(bookOf(outcome(200, 0, 5), outcome(200, 0, 7)).doubled.size).toBe(1);
  });

  it("after a 502 one more may have run, after a 503 not", () => {
    expect(bookOf(outcome(200, 0, 1), outcome(502), outcome(200, 0, 3)).doubled.size).toBe(0);
    expect(bookOf(outcome(200, 0, 1), outcome(503), outcome(200, 0, 3)).doubled.size).toBe(1);
  });
});

describe("two owners at a time, by the pods' own logs", () => {
  const served = (at: number, pod: number, fence: number, incarnation = 1): Served => ({
    ...{ at, uid: "u", pod, incarnation, fence, count: 1 },
  });

  it("one after the other are none", () => {
    expect(findTwoOwners([served(1, 0, 1), served(2, 1, 2), served(3, 0, 3)]).size).toBe(0);
  });

  it("a fence that comes back is found, and two lives under one", () => {
    expect(findTwoOwners([served(1, 0, 1), served(2, 1, 2), served(3, 0, 1)]).size).toBe(1);
    expect(findTwoOwners([served(1, 0, 1), served(2, 1, 1)]).size).toBe(1);
    expect(findTwoOwners([served(1, 0, 1), served(2, 0, 1, 2)]).size).toBe(1);
  });
});
