import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of a server that can be made to misbehave. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** `drop`: what the server answers is thrown away. `freeze`: nothing passes either way. */
  mode: "pass" | "drop" | "freeze";
  /** Answers come so much later. */
  delayMs: number;
  /** Ends all connections. */
  cut(): void;
}

export const faultProxy = async (target: number): Promise<FaultProxy> => {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (proxy.mode !== "freeze") upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (proxy.mode === "pass") setTimeout(() => client.write(chunk), proxy.delayMs);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: FaultProxy = {
    port: (server.address() as AddressInfo).port,
    mode: "pass",
    delayMs: 0,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
};
