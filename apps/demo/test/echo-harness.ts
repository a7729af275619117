import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { openGateway } from "./gateway-harness.ts";

/** Headers that ask for another protocol, whose name follows. */
export const upgrade = "Host: g\r\nx-route-uid: u\r\nConnection: Upgrade\r\n";
/** Headers that ask for a WebSocket. */
export const webSocket = `${upgrade}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;

/** A gateway before a pod that echoes WebSocket messages. */
export const openEcho = async (options: Parameters<typeof openGateway>[1] = {}) => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const it = await openGateway(server, options);
  const connectTo = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${it.port}/?uid=u`, { perMessageDeflate: false });
    await once(socket, "open");
    return socket;
  };
  return { ...it, it, sockets, connectTo, [Symbol.asyncDispose]: () => it[Symbol.asyncDispose]() };
};
