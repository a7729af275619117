import fc from "fast-check";
import { afterEach, beforeEach, it, vi } from "vitest";
import { anyHistory } from "./model/histories.ts";
import { patienceMs } from "./waiting.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it(
  "many more histories: what takes two rare faults at one moment is not met in forty",
  async () => {
    await fc.assert(anyHistory, { numRuns: 250, endOnFailure: true });
  },
  60 * patienceMs,
);
