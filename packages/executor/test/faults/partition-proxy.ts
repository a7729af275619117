import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP path that can be cut as a network partition cuts it: nothing passes, nothing is closed, and nothing is lost. */
export interface PartitionProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on everything waits, new connections too. */
  cut(): void;
  /** What waited arrives, however late. */
  heal(): void;
}

export const partitionProxy = async (target: number): Promise<PartitionProxy> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      // The other side learns of an end as of everything else: not before the path is healed.
      socket.on("close", () => isCut || drop(pair));
    }
    if (!isCut) join(pair);
  }).listen(0, "127.0.0.1");
  const drop = (pair: readonly [Socket, Socket]): void => {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  const join = ([client, upstream]: readonly [Socket, Socket]): void => {
    client.pipe(upstream);
    upstream.pipe(client);
  };
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
      }
    },
    heal() {
      isCut = false;
      for (const pair of pairs) pair.some(({ destroyed }) => destroyed) ? drop(pair) : join(pair);
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) drop(pair);
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
