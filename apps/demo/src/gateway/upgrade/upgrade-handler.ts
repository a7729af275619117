import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { RequestExtras } from "../exchange.ts";
import { upgradeHead } from "../headers.ts";
import type { Tunnels } from "./tunnels.ts";

/** Dead peers are noticed by the kernel after about this long without traffic. */
const keepAliveMs = 60_000;

/** Whether a request is to switch protocols: clients that merely offer HTTP/2, and all with a body, are served as they are. */
export const wantsUpgrade = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" &&
  headers["transfer-encoding"] === undefined &&
  (headers["content-length"] ?? "0") === "0" &&
  !/^h2c?$/i.test(headers.upgrade ?? "h2c");

const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === "websocket";

/** Handles `upgrade` events as requests like others; where the pod switches protocols, client and pod are joined. */
export const createUpgradeHandler =
  (handle: (req: IncomingMessage, res: ServerResponse, extras: RequestExtras) => void, tunnels: Tunnels) =>
  (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Before anything else: an error without a listener ends the process.
    socket.on("error", () => socket.destroy());
    quicken(socket);
    const res = new ServerResponse(req);
    res.assignSocket(req.socket);
    res.shouldKeepAlive = false;
    res.once("finish", () => {
      res.detachSocket(req.socket);
      socket.end(() => socket.destroy());
    });
    handle(req, res, {
      onUpgrade: (answer, pod, setCookie) => {
        // The answer is over: its end must not be taken for the end of the session.
        res.removeAllListeners();
        res.detachSocket(req.socket);
        quicken(pod);
        const takeBytes = tunnels.open(socket, pod, isWebSocket(req));
        socket.write(upgradeHead(answer, setCookie), "latin1");
        if (head.length > 0) pod.write(head);
        if (socket.destroyed) pod.destroy();
        return takeBytes;
      },
    });
  };

interface TcpSocket {
  setTimeout(ms: number): unknown;
  setNoDelay(on: boolean): unknown;
  setKeepAlive(on: boolean, delayMs: number): unknown;
}

const quicken = (socket: Duplex): void => {
  const tcp = socket as Duplex & TcpSocket;
  tcp.setTimeout(0);
  tcp.setNoDelay(true);
  tcp.setKeepAlive(true, keepAliveMs);
};
