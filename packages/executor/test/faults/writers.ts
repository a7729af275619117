import { setTimeout as sleep } from "node:timers/promises";
import { ExecutorError } from "../../src/errors.ts";
import type { Link } from "../../src/types.ts";
import { type Acknowledgement, Gateway, type GatewayOptions } from "./gateway.ts";
import { machineMs } from "./pod-log.ts";

/** The pauses of a writer: after a write to its own uid, after one to a fresh uid, and at most after a failure. */
const paceMs = Object.freeze({ own: 60, fresh: 150, failed: 20 });

/** Some gateways forget their hints soon, others follow old ones for long. */
const hintMaxAgesMs = [200, 1000, 5000, 5000];
const sweepers = 16;

const afterFailureMs = (error: unknown): number =>
  Math.min((error instanceof ExecutorError && error.retryAfterMs) || paceMs.failed, paceMs.failed);

/** Writers in this process: each writes to a uid of its own without end, and beside it to one fresh uid after the other. */
export class Writers implements AsyncDisposable {
  readonly #gateways: readonly Gateway[];
  readonly #loops: Promise<void>[];
  #isOver = false;
  /** All links of each uid that any gateway was told of. */
  readonly links = new Map<string, Link[]>();
  /** Acknowledged writes to the writers' own uids and to the fresh ones, by writer. */
  readonly own: readonly Acknowledgement[][];
  readonly fresh: readonly Acknowledgement[][];
  /** How often a write failed, by the reason. */
  readonly failures = new Map<string, number>();

  constructor(options: Omit<GatewayOptions, "hintMaxAgeMs" | "onRoute">, count: number) {
    const onRoute = (uid: string, link: Link): void => {
      const known = this.links.get(uid);
      if (!known) this.links.set(uid, [link]);
      else if (known.every(({ fence }) => fence !== link.fence)) known.push(link);
    };
    this.#gateways = hintMaxAgesMs.map((hintMaxAgeMs) => new Gateway({ ...options, hintMaxAgeMs, onRoute }));
    this.own = Array.from({ length: count }, () => []);
    this.fresh = Array.from({ length: count }, () => []);
    this.#loops = [
      ...this.own.map((done, writer) => this.#loop(done, paceMs.own, () => `own-${writer}`)),
      ...this.fresh.map((done, writer) => this.#loop(done, paceMs.fresh, () => `fresh-${writer}-${done.length}`)),
    ];
  }

  /** Every uid that a write was acknowledged for. */
  uids(): string[] {
    return [...new Set(this.acknowledged().map(({ uid }) => uid))];
  }

  acknowledged(): Acknowledgement[] {
    return [...this.own, ...this.fresh].flat();
  }

  /** Whether every writer's own uid has been through each gateway, so that all of them know who holds it. */
  isKnownEverywhere(): boolean {
    return this.own.every(({ length }) => length > this.#gateways.length);
  }

  /** Resolves when every loop has had a write acknowledged from now on; fails with the failures after `withinMs`. */
  async served(withinMs: number): Promise<void> {
    const sinceMs = machineMs();
    const isServed = (done: readonly Acknowledgement[]): boolean => (done.at(-1)?.atMs ?? 0) > sinceMs;
    while (![...this.own, ...this.fresh].every(isServed)) {
      if (machineMs() - sinceMs > withinMs) throw this.#unserved(`some writers, within ${withinMs} ms`);
      await sleep(20);
    }
  }

  /** How many requests have failed so far. */
  failed(): number {
    return [...this.failures.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Ends the loops; a write that is under way is not tried again. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  /** Writes once to each of `uids`; fails if one is not served within `withinMs` of its first try. */
  async sweep(uids: readonly string[], withinMs: number): Promise<void> {
    const left = [...uids];
    const sweeper = async (): Promise<void> => {
      for (let uid = left.pop(); uid !== undefined; uid = left.pop()) {
        const endMs = machineMs() + withinMs;
        if (!(await this.#write(uid, left.length, () => machineMs() > endMs))) throw this.#unserved(uid);
      }
    };
    await Promise.all(Array.from({ length: sweepers }, sweeper));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Promise.all(this.#gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
  }

  async #loop(done: Acknowledgement[], pauseMs: number, nextUid: () => string): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const acknowledgement = await this.#write(nextUid(), turn, () => this.#isOver);
      if (acknowledgement) done.push(acknowledgement);
      await sleep(pauseMs);
    }
  }

  /** Tries through one gateway after the other, from the `turn`th on, until the write is acknowledged, or `isOver`. */
  async #write(uid: string, turn: number, isOver: () => boolean): Promise<Acknowledgement | undefined> {
    const sinceMs = machineMs();
    for (let attempt = 0; !isOver(); attempt++) {
      const gateway = this.#gateways[(turn + attempt) % this.#gateways.length]!;
      try {
        return { ...(await gateway.write(uid)), sinceMs, atMs: machineMs() };
      } catch (error) {
        const reason = error instanceof ExecutorError ? error.code : (error as Error).message;
        this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
        await sleep(afterFailureMs(error));
      }
    }
    return undefined;
  }

  #unserved(what: string): Error {
    return new Error(`not served: ${what}; failures so far: ${JSON.stringify([...this.failures])}`);
  }
}
