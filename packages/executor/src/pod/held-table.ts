import type { Clock, Log } from "../ports.ts";
import type { Link } from "../types.ts";
import { fireSignal, type Held, settle } from "./held.ts";

/** Why a uid was lost: the lease ended, the link names another owner, or the pod stops. */
export type LossReason = "lease" | "link" | "stop";

/** What {@link HeldTable} works with. */
export interface HeldTableOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly onLost: (uid: string, details: { readonly fence: number; readonly reason: LossReason }) => unknown;
}

/** The uids that a pod holds. Plain memory: what enters and what leaves is decided elsewhere. */
export class HeldTable {
  readonly #options: HeldTableOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: HeldTableOptions) {
    this.#options = options;
  }

  /**
   * The uid if it is held with exactly this fence, a number or its decimal text, and may be served as far as its link
   * goes. Makes no object.
   */
  serve(uid: string, fence: number | string, nowMs: number = this.#options.clock.now()): Held | undefined {
    const held = this.#held.get(uid);
    if (held === undefined || !held.ready || held.leaving || nowMs >= held.linkEndMs) return undefined;
    if (fence !== (typeof fence === "string" ? held.fenceText : held.fence)) return undefined;
    held.lastUsedMs = nowMs;
    return held;
  }

  /** Whether the uid may be served now. Unlike `serve` it does not count as use. */
  has(uid: string): boolean {
    const held = this.#held.get(uid);
    return held?.ready === true && !held.leaving && this.#options.clock.now() < held.linkEndMs;
  }

  get(uid: string): Held | undefined {
    return this.#held.get(uid);
  }

  /** Whether this very tenure still stands: the uid may have been lost and adopted again meanwhile. */
  contains(held: Held): boolean {
    return this.#held.get(held.uid) === held;
  }

  all(): Held[] {
    return [...this.#held.values()];
  }

  get size(): number {
    return this.#held.size;
  }

  /** Enters a uid whose link the store has just confirmed; `sentMs` is when the store was asked. */
  add(uid: string, { fence, lifetimeSeconds, origin }: Link, sentMs: number, linkEndMs: number): Held {
    const abort = new AbortController();
    const held: Held = {
      ...{ uid, fence, fenceText: `${fence}`, lifetimeSeconds, origin },
      ...{ abort, ownership: { uid, fence, signal: abort.signal } },
      ...{ ready: false, leaving: false, refusing: false, inFlight: 0, open: new Set() },
      ...{ onClose: () => settle(held), onQuiet: undefined },
      ...{ linkEndMs, renewedAtMs: sentMs, lastUsedMs: sentMs },
    };
    this.#held.set(uid, held);
    return held;
  }

  /** Takes the uid out, fires its signal and ends what is open for it. False if this tenure had ended before. */
  drop(held: Held): boolean {
    if (!this.contains(held)) return false;
    this.#held.delete(held.uid);
    fireSignal(held);
    for (const end of held.open) end.end();
    return true;
  }

  /** Drops the uid and tells the user, unless `onAcquire` still runs: then its end tells. */
  lose(held: Held, reason: LossReason): void {
    if (this.drop(held) && held.ready) void this.tellLost(held, reason);
  }

  async tellLost({ uid, fence }: Held, reason: LossReason): Promise<void> {
    try {
      await this.#options.onLost(uid, { fence, reason });
    } catch (error) {
      this.#options.log.error(`onLost failed for ${JSON.stringify(uid)}`, error);
    }
  }
}
