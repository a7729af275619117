import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Ownership, type PodAgent, wire } from "@route/executor";

const sameSecret = (given: unknown, expected: Buffer): boolean => {
  const bytes = Buffer.from(typeof given === "string" ? given : "");
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
};

const answer = (socket: Duplex, status: string, headers: Record<string, string | number>): void => {
  const lines = Object.entries({ ...headers, "content-length": 0, connection: "close" });
  socket.end(`HTTP/1.1 ${status}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
};

/** Runs for upgrades of uids that the pod owns. */
export type GuardedUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer, ownership: Ownership) => unknown;

/**
 * What `agent.guard()` is for requests, for the `upgrade` event: others are answered as plain HTTP, an open socket counts
 * as in flight, and it is closed when the pod loses the uid.
 */
export const guardUpgrades = (agent: PodAgent, secret: string, accept: GuardedUpgrade) => {
  const expected = Buffer.from(secret);
  return async (req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    // Before the first await: an error without a listener ends the process.
    socket.on("error", () => socket.destroy());
    if (!sameSecret(req.headers[wire.secretHeader], expected)) return answer(socket, "403 Forbidden", {});
    try {
      const uid = decodeURIComponent(String(req.headers[wire.uidHeader] ?? ""));
      const fence = Number(req.headers[wire.fenceHeader]);
      if (uid === "" || !(fence >= 1)) return answer(socket, "400 Bad Request", {});
      const admitted = agent.admit(uid, fence);
      const admission = admitted ? { held: admitted, refused: undefined } : await agent.adopt(uid, fence);
      const { held, refused } = admission;
      if (!held) {
        const status = refused === "failed" ? "503 Service Unavailable" : "421 Misdirected Request";
        return answer(socket, status, { [wire.refusedHeader]: refused, "retry-after": 1 });
      }
      if (socket.destroyed) return;
      const { signal } = held.abort;
      const lose = (): void => void socket.destroy();
      held.inFlight++;
      signal.addEventListener("abort", lose);
      socket.once("close", () => {
        held.inFlight--;
        signal.removeEventListener("abort", lose);
      });
      accept(req, socket, head, { uid, fence, signal });
    } catch {
      answer(socket, "503 Service Unavailable", { "retry-after": 1 });
    }
  };
};
