import { expect, it } from "vitest";
import { formatLoadState, leastLoaded, parseLoadState } from "../src/load-state.ts";

const state = (pod: number, text: string) => ({ pod, state: text, ageMs: 0 });

it("writes and reads load-atMs, negative loads included", () => {
  for (const load of [0, 0.25, -3, 1e-9, 12]) {
    expect(parseLoadState(formatLoadState(load, 1_700_000_000_000))).toEqual({ load, atMs: 1_700_000_000_000 });
  }
  for (const text of ["state", "", "1", "1-", "-", "x-1700000000000", "1-2-READY"]) {
    expect(parseLoadState(text)).toBeUndefined();
  }
});

it("chooses the smallest load, and among equals by lot", () => {
  const states = [state(0, "2-1"), state(1, "1-1"), state(2, "1-1"), state(3, "READY")];
  expect(leastLoaded(() => 0)(states)).toBe(1);
  expect(leastLoaded(() => 0.99)(states)).toBe(2);
  expect(leastLoaded()([])).toBeUndefined();
  expect(leastLoaded()([state(0, "READY")])).toBeUndefined();
});
