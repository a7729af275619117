import { Agent, request } from "node:http";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.ts";
import type { Route } from "../../src/router/route.ts";
import { StatefulRouter } from "../../src/router/stateful-router.ts";
import type { ServiceName } from "../../src/types.ts";
import { routeHeaders } from "../../src/wire.ts";

/** So long a gateway waits for a pod's answer: the round trip that a gap may be longer than a lease. */
export const answerTimeoutMs = 250;

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
  /** Told of every route that the router gave out. */
  readonly onRoute: (uid: string, route: Route) => void;
}

/** Follows links over HTTP, with hints and a store connection of its own. */
export class Gateway implements AsyncDisposable {
  readonly #store: RedisStore;
  readonly #router: StatefulRouter;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #onRoute: GatewayOptions["onRoute"];

  constructor({ namespace, service, store, hintMaxAgeMs, onRoute }: GatewayOptions) {
    this.#store = new RedisStore(store);
    const options = { namespace, service, hintMaxAgeMs, podRefreshMs: 200, linkLifetimeSeconds: 600 };
    this.#router = new StatefulRouter({ ...options, store: this.#store });
    this.#onRoute = onRoute;
  }

  /** One write for `uid`, sent again once if the pod refuses. Rejects if it was not acknowledged. */
  async write(uid: string): Promise<Written> {
    let refused = "";
    for (let attempt = 0; attempt < 2; attempt++) {
      const route = await this.#router.resolve(uid);
      this.#onRoute(uid, route);
      try {
        const { status, body } = await this.#ask(route.address, routeHeaders(uid, route.fence));
        if (status === 200) return { uid, fence: route.fence, count: Number(body) };
        refused = `pod ${route.pod} answered ${status}: ${body}`;
        if (status !== 421) break;
      } catch (error) {
        refused = `pod ${route.pod} did not answer: ${(error as Error).message}`;
        break;
      } finally {
        if (refused !== "") this.#router.forget(uid);
      }
    }
    throw new Error(refused);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    this.#router.close();
    await this.#store.close();
  }

  #ask(address: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    const [host, port] = address.split(":");
    return new Promise((resolve, reject) => {
      const asked = request({ host, port, headers, agent: this.#agent, method: "POST" }, async (answer) => {
        try {
          const body = (await answer.toArray()).join("");
          resolve({ status: answer.statusCode!, body });
        } catch (error) {
          reject(error);
        }
      });
      asked.setTimeout(answerTimeoutMs, () => asked.destroy(new Error(`no answer within ${answerTimeoutMs} ms`)));
      asked.once("error", reject).end();
    });
  }
}
