import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Server as NetServer, type Socket } from "node:net";
import type { Route } from "@route/executor";
import { createGateway } from "../src/gateway/gateway.ts";
import type { GatewayOptions, Served } from "../src/gateway/options.ts";

export const listenOn = async (server: NetServer): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

/** A gateway alone, before one pod that does what the test says, without any store. */
export const openGateway = async (pod: RequestListener | NetServer, options: Partial<GatewayOptions> = {}) => {
  const podServer: NetServer = typeof pod === "function" ? createServer(pod) : pod;
  const podPort = await listenOn(podServer);
  const route: Route = {
    ...{ pod: 0, incarnation: 1, fence: 7, lifetimeSeconds: 3600, origin: "new", source: "hint" },
    address: `127.0.0.1:${podPort}`,
  };
  const served: Served[] = [];
  const gateway = createGateway({
    router: { peek: () => route, resolve: async () => route, forget: () => {}, refreshPods: async () => {} },
    secret: "secret",
    onServed: (one) => served.push(one),
    ...options,
  });
  const port = await listenOn(gateway.server);
  return {
    ...{ gateway, port, podServer, served, url: `http://127.0.0.1:${port}` },
    async [Symbol.asyncDispose](): Promise<void> {
      await gateway.close(200);
      if ("closeAllConnections" in podServer) (podServer as Server).closeAllConnections();
      podServer.close();
    },
  };
};

/** A client that says exactly what it is told, and keeps what it hears. */
export const openClient = async (port: number, text = "") => {
  const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const heard = { text: "" };
  socket.on("data", (chunk: Buffer) => {
    heard.text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    socket.once("end", resolve);
    socket.once("close", () => resolve());
  });
  await once(socket, "connect");
  if (text !== "") socket.write(text, "latin1");
  return { socket, heard, ended, [Symbol.dispose]: () => void socket.destroy() };
};

/** Sends `text` and returns everything that comes back until the connection ends. */
export const say = async (port: number, text: string): Promise<string> => {
  using client = await openClient(port, text);
  await client.ended;
  return client.heard.text;
};
