import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.ts";
import type { Route } from "../../src/router/route.ts";
import { StatefulRouter } from "../../src/router/stateful-router.ts";
import type { ServiceName } from "../../src/types.ts";
import { routeHeaders } from "../../src/wire.ts";

const resendPauseMs = 5;

/** In place of a status. */
const notSent = 0;
const noAnswer = 1;

/** A pod's answer to a write. */
export interface Written {
  readonly uid: string;
  readonly fence: number;
  /** The uid's counter in the pod. */
  readonly count: number;
}

/** A write that was acknowledged to its client, which had tried since `sinceMs`. */
export interface Acknowledgement extends Written {
  readonly sinceMs: number;
  readonly atMs: number;
}

/** What a {@link Gateway} works with. */
export interface GatewayOptions extends ServiceName {
  readonly store: RedisStoreOptions;
  readonly hintMaxAgeMs: number;
  /** How long to wait for a pod's answer: the round trip by which a gap may be longer than a lease. */
  readonly answerTimeoutMs: number;
  /** How long to send again what was refused or not sent, for it did not run. */
  readonly resendForMs: number;
  /** Told of every route that the router gave out. */
  readonly onRoute: (uid: string, route: Route) => void;
}

/** Follows links over HTTP, with hints and a store connection of its own. */
export class Gateway implements AsyncDisposable {
  readonly #store: RedisStore;
  readonly #router: StatefulRouter;
  readonly #answerTimeoutMs: number;
  readonly #resendForMs: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #onRoute: GatewayOptions["onRoute"];

  constructor(options: GatewayOptions) {
    const { namespace, service, hintMaxAgeMs } = options;
    this.#store = new RedisStore(options.store);
    const settings = { hintMaxAgeMs, podRefreshMs: 200, linkLifetimeSeconds: 600 };
    this.#router = new StatefulRouter({ namespace, service, ...settings, store: this.#store });
    this.#answerTimeoutMs = options.answerTimeoutMs;
    this.#resendForMs = options.resendForMs;
    this.#onRoute = options.onRoute;
  }

  /** One write for `uid`, sent again for a while as long as it certainly did not run. Rejects if it was not acknowledged. */
  async write(uid: string): Promise<Written> {
    const endMs = performance.now() + this.#resendForMs;
    for (;;) {
      const route = await this.#router.resolve(uid);
      this.#onRoute(uid, route);
      const { status, body } = await this.#ask(route.address, routeHeaders(uid, route.fence));
      if (status === 200) return { uid, fence: route.fence, count: Number(body) };
      // Silence says nothing about the link: the pod's lease tells when to follow it no more.
      if (status === noAnswer || status === notSent) this.#router.refreshPods().catch(() => undefined);
      else this.#router.forget(uid);
      if ((status !== 421 && status !== notSent) || performance.now() > endMs) {
        throw new Error(`pod ${route.pod} answered ${status}: ${body}`);
      }
      await sleep(resendPauseMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#router.close();
    await this.#store.close();
  }

  #ask(address: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    const [host, port] = address.split(":");
    return new Promise((resolve) => {
      const asked = request({ host, port, headers, agent: this.#agent, method: "POST" }, (answer) => {
        const body = answer.toArray().then((chunks) => chunks.join(""));
        body.then((text) => resolve({ status: answer.statusCode!, body: text }), fail);
      });
      const fail = (error: NodeJS.ErrnoException): void => {
        // A socket that was kept and is closed by the pod just now took nothing.
        const isNotSent = error.code === "ECONNREFUSED" || (asked.reusedSocket && error.code === "ECONNRESET");
        resolve({ status: isNotSent ? notSent : noAnswer, body: error.message });
      };
      asked.setTimeout(this.#answerTimeoutMs, () => asked.destroy(new Error("no answer in time")));
      asked.once("error", fail).end();
    });
  }
}
