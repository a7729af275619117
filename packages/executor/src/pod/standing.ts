import type { Lease } from "../ownership/lease.ts";
import type { Owner, RoutingState } from "../types.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { HeldTable } from "./held-table.ts";

/** What a {@link Standing} goes by. */
export interface StandingOptions {
  readonly lease: Lease;
  readonly heartbeat: Heartbeat;
  readonly table: HeldTable;
  /** The lease's end does not end service. */
  readonly serveWithoutStore: boolean;
  readonly maxLinks: number;
}

/** What the pod may do at present: serve at all, and take new uids. */
export class Standing {
  readonly #lease: Lease;
  readonly #heartbeat: Heartbeat;
  readonly #table: HeldTable;
  readonly #maxLinks: number;
  readonly serveWithoutStore: boolean;
  state: RoutingState = "ready";
  /** Set by a drain that holds: for so long the uids wait for this pod to come back. */
  returnMs: number | undefined;

  constructor({ lease, heartbeat, table, serveWithoutStore, maxLinks }: StandingOptions) {
    this.#lease = lease;
    this.#heartbeat = heartbeat;
    this.#table = table;
    this.#maxLinks = maxLinks;
    this.serveWithoutStore = serveWithoutStore;
  }

  /** The present life of the pod while it may serve. `nowMs`: the monotonic clock, where it has just been read. */
  servingAs(nowMs?: number): Owner | undefined {
    const isValid = this.state !== "shutdown" && (this.serveWithoutStore || this.#lease.isValid(nowMs));
    return isValid ? this.#heartbeat.owner : undefined;
  }

  /** Why the pod takes no uid that it does not hold, if it takes none. */
  refusesNew(): "draining" | "full" | undefined {
    if (this.state !== "ready") return "draining";
    return this.#table.size >= this.#maxLinks ? "full" : undefined;
  }
}
