import type { ClusterClient, RedisClient, RedisNode } from "./client.ts";
import { slotOf } from "./slot.ts";

/** Which servers a client talks to: one, or the masters of a Cluster. */
export class Topology {
  readonly #client: RedisClient;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** The masters that the client knows; all of them once a call was answered. */
  masters(): RedisNode[] {
    const client: object = this.#client;
    return this.#client.isCluster ? (client as ClusterClient).nodes("master") : [client as RedisNode];
  }

  /** The master of a key by the name that {@link named} takes; empty where there is only one. */
  nodeOf(key: string): string {
    return this.#client.isCluster ? ((this.#client as ClusterClient).slots[slotOf(key)]?.[0] ?? "") : "";
  }

  /** The master of that name, if the client is connected to it. */
  named(name: string): RedisNode | undefined {
    return this.masters().find(({ options }) => !this.#client.isCluster || `${options.host}:${options.port}` === name);
  }

  /**
   * Looks for the masters again: timeouts and cut connections alone make the client of a cluster ask nobody for new ones,
   * and a client that could not connect through any Sentinel gives up.
   */
  refresh(): void {
    if (this.#client.status === "end") this.#client.connect().catch(() => undefined);
    else if (this.#client.isCluster) (this.#client as ClusterClient).refreshSlotsCache();
  }
}
