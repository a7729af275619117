import type { ClientStream, ClusterClient, RedisClient, RedisNode } from "./client.ts";

/**
 * One write to the socket for all commands of a turn of the event loop, instead of one for each: the same streams are
 * released at the end of the turn, whatever the client has reconnected to meanwhile.
 */
export class Cork {
  readonly #client: RedisClient;
  #corked: ClientStream[] | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** Holds back what is sent from here on, until the end of the turn. */
  hold(): void {
    if (this.#corked) return;
    const nodes = this.#client.isCluster ? (this.#client as ClusterClient).nodes() : [this.#client];
    this.#corked = [];
    for (const { stream } of nodes as Pick<RedisNode, "stream">[]) {
      stream?.cork();
      if (stream) this.#corked.push(stream);
    }
    setImmediate(this.#release);
  }

  readonly #release = (): void => {
    for (const stream of this.#corked ?? []) stream.uncork();
    this.#corked = undefined;
  };
}
