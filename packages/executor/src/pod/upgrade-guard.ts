import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { movedCloseFrame } from "../wire.ts";
import type { GuardOptions } from "./guard.ts";
import { type Held, isOver, type OpenEnd, type Ownership } from "./held.ts";
import { type Arbiter, Redirector } from "./redirect.ts";
import { fenceTextOfHeaders, hasSecret, parseFence, uidOfHeaders } from "./route-headers.ts";
import { adopted, directed, forbidden, isHeld, refusal, unnamed, type Verdict } from "./verdict.ts";

/** A handler of `upgrade` that runs only for uids that the pod owns. */
export type GuardedUpgradeHandler = (
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ownership: Ownership,
) => unknown;

/** After this time a socket whose peer reads nothing is destroyed. */
const closeMs = 1000;

const answer = (socket: Duplex, { status, code, message, headers }: Verdict): void => {
  const body = JSON.stringify({ error: { code, message } });
  const length = Buffer.byteLength(body);
  const all = { ...headers, "content-type": "application/json", "content-length": length, connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
};

/** Ends a socket when its uid leaves: user code reads nothing more, and a WebSocket is told 1012 (service restart). */
class OpenSocket implements OpenEnd {
  readonly #socket: Duplex;
  readonly #isWebSocket: boolean;
  readonly #onEnd: () => void;
  #ended = false;

  constructor(socket: Duplex, req: IncomingMessage, onEnd: () => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    this.#isWebSocket = req.headers.upgrade?.toLowerCase() === "websocket";
  }

  end(): void {
    if (this.#ended || this.#socket.destroyed) return;
    this.#ended = true;
    const socket = this.#socket;
    // Before anything else: what has arrived and was not read yet must not reach user code, not even at the close, when
    // libraries look for it. It is thrown away, for a socket that is closed with data unread resets the connection, and
    // the peer may lose the close frame.
    socket.removeAllListeners("data");
    socket.removeAllListeners("readable");
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), closeMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
    socket.once("end", () => socket.destroy());
    socket.end(this.#isWebSocket ? movedCloseFrame : undefined);
    // User code hears nothing more of it: there is nothing left to wait for.
    this.#onEnd();
  }
}

/** See `PodAgent.guardUpgrade`. */
export const createUpgradeGuard = (
  arbiter: Arbiter,
  secret: string | undefined,
  handler: GuardedUpgradeHandler,
  { redirect }: GuardOptions,
): ((req: IncomingMessage, socket: Duplex, head: Buffer) => void) => {
  const redirector = redirect && new Redirector(arbiter, redirect);

  const decide = async (req: IncomingMessage): Promise<Held | Verdict> => {
    if (redirector) return directed(redirector, req);
    if (secret !== undefined && !hasSecret(req.headers, secret)) return forbidden;
    const uid = uidOfHeaders(req.headers);
    const fence = parseFence(fenceTextOfHeaders(req.headers));
    if (uid === "" || fence === 0) return unnamed;
    return arbiter.admit(uid, fence) ?? adopted(arbiter, uid, fence);
  };

  const run = (req: IncomingMessage, socket: Duplex, head: Buffer, held: Held): void => {
    const leave = (): void => {
      if (held.open.delete(open)) held.onClose();
    };
    const open: OpenEnd = new OpenSocket(socket, req, leave);
    held.inFlight++;
    held.open.add(open);
    socket.once("close", leave);
    handler(req, socket, head, held.ownership);
  };

  const runOrAnswer = async (req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const outcome = await decide(req);
    if (socket.destroyed) return;
    if (!isHeld(outcome)) return answer(socket, outcome);
    // Outside this promise: what user code throws is then an uncaught exception, as from any listener.
    queueMicrotask(() => {
      if (socket.destroyed) return;
      if (isOver(outcome)) answer(socket, refusal("moving"));
      else run(req, socket, head, outcome);
    });
  };

  return (req, socket, head) => {
    // Before the first await: an error without a listener ends the process.
    socket.on("error", () => socket.destroy());
    void runOrAnswer(req, socket, head);
  };
};
