import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Outcome, SessionBook } from "./session-book.ts";

/** Options of {@link Load}. */
export interface LoadOptions {
  readonly uids: number;
  readonly requestsPerSecond: number;
  /** The share of requests that come from users who were never seen before. Default 0. */
  readonly newShare?: number;
}

const stepMs = 10;
const answerTimeoutMs = 20_000;
const warmers = 50;

/**
 * Users who each ask for their own counter, at an even rate that does not slow down when answers do, and never twice at
 * once for one uid. Gateways are asked in turns.
 */
export class Load {
  readonly book = new SessionBook();
  readonly uids: string[];
  readonly #gateways: readonly string[];
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #busy = new Set<string>();
  #sent = 0;
  #turn = 0;
  #newcomers = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(gateways: readonly string[], options: LoadOptions) {
    this.#gateways = gateways;
    this.#options = options;
    this.uids = Array.from({ length: options.uids }, (_, index) => `user-${index}`);
  }

  /** Asks once for each uid. Throws unless all are answered 200. */
  async warm(uids: readonly string[] = this.uids): Promise<void> {
    const lane = async (first: number): Promise<void> => {
      for (let at = first; at < uids.length; at += warmers) {
        const { status, code } = await this.ask(uids[at]!);
        if (status !== 200) throw new Error(`${uids[at]} was answered ${status} ${code} before anything was done`);
      }
    };
    await Promise.all(Array.from({ length: warmers }, (_, first) => lane(first)));
  }

  start(): void {
    const startMs = performance.now();
    let due = 0;
    this.#timer = setInterval(() => {
      const passedMs = performance.now() - startMs;
      for (; due < (passedMs * this.#options.requestsPerSecond) / 1000; due++) void this.#askNext();
    }, stepMs);
  }

  /** Sends no more and waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#busy.size > 0) await sleep(stepMs);
    this.#agent.destroy();
  }

  /** One request for `uid`, at gateway `gateway` or at the one whose turn it is. */
  async ask(uid: string, gateway = this.#turn++ % this.#gateways.length): Promise<Outcome> {
    this.#busy.add(uid);
    const sentAtMs = performance.now();
    const answer = await fetchCounter(this.#gateways[gateway]!, uid, this.#agent);
    const outcome: Outcome = { uid, sentAtMs, durationMs: performance.now() - sentAtMs, ...answer };
    this.#busy.delete(uid);
    this.book.note(outcome);
    return outcome;
  }

  async #askNext(): Promise<void> {
    const { newShare = 0 } = this.#options;
    if (Math.floor(this.#sent * newShare) < Math.floor(++this.#sent * newShare)) {
      await this.ask(`newcomer-${this.#newcomers++}`);
      return;
    }
    for (let tries = 0; tries < this.uids.length; tries++) {
      const uid = this.uids[(this.#sent + tries) % this.uids.length]!;
      if (this.#busy.has(uid)) continue;
      await this.ask(uid);
      return;
    }
  }
}

type Answer = Pick<Outcome, "status" | "code" | "pod" | "count">;

const silence = (code: string): Answer => ({ status: 0, code, pod: undefined, count: undefined });

const fetchCounter = (gateway: string, uid: string, agent: Agent): Promise<Answer> =>
  new Promise((resolve) => {
    const request = get(`${gateway}/`, { agent, headers: { "x-route-uid": uid }, timeout: answerTimeoutMs }, (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (piece: string) => {
        text += piece;
      });
      res.on("end", () => resolve({ status: res.statusCode ?? 0, ...parse(text) }));
      res.on("error", () => resolve(silence("CUT")));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", (error: NodeJS.ErrnoException) => resolve(silence(error.code ?? "RESET")));
  });

const parse = (text: string): Omit<Answer, "status"> => {
  try {
    const { pod, count, error } = JSON.parse(text) as { pod?: number; count?: number; error?: { code: string } };
    return { pod, count, code: error?.code };
  } catch {
    return { pod: undefined, count: undefined, code: "NOT_JSON" };
  }
};
