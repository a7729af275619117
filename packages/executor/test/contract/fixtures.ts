import type { StatefulStore } from "../../src/store/store.ts";
import { until } from "../waiting.ts";

/** A store to test, and how to end what serves it. */
export interface StoreUnderTest {
  readonly store: StatefulStore;
  close(): Promise<void>;
}

let serial = 0;
/** A service of its own for each test, so that tests share a server. */
export const fresh = () => ({ namespace: "contract", service: `s${process.pid}-${Date.now()}-${serial++}` });

/** Repeats `step` until it answers true; for conditions that depend on the store's own clock. */
export const eventually = (step: () => Promise<boolean>): Promise<void> =>
  until("a condition on the store's own clock", step);
