import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TakeBytes } from "../upstream/pod-request.ts";
import { closeFrame, FrameBoundary } from "./frame-boundary.ts";

// RFC 6455 registry: "service restart", on which clients connect again.
const serviceRestart = 1012;
/** The last bytes of one end have so long to reach the other. */
const flushMs = 2000;

/** Bytes between a client and a pod that have switched protocols. It ends with either of the two. */
export class Tunnel {
  readonly #client: Duplex;
  readonly #pod: Socket;
  readonly #boundary: FrameBoundary | undefined;
  #isClosing = false;

  /** `onEnd` is called once, when both ends are closed for good. */
  constructor(client: Duplex, pod: Socket, isWebSocket: boolean, onEnd: () => void) {
    this.#client = client;
    this.#pod = pod;
    this.#boundary = isWebSocket ? new FrameBoundary() : undefined;
    let open = 2;
    for (const [from, to] of [
      [client, pod],
      [pod, client],
    ] as const) {
      from.on("error", () => to.destroy());
      // Half a connection is no use to a session: what was said is delivered, then both ends go.
      from.on("end", () => endSoon(to));
      from.on("close", () => {
        endSoon(to);
        if (--open === 0) onEnd();
      });
      from.on("drain", () => to.resume());
    }
    client.on("data", (chunk: Buffer) => {
      if (!pod.write(chunk)) client.pause();
    });
  }

  /** For what the pod says: its socket reads into a buffer that is not its own, which is cheaper than events. */
  readonly takeBytes: TakeBytes = (bytes, from, to) => {
    if (this.#isClosing && this.#boundary?.reached) return;
    this.#boundary?.push(bytes, from, to);
    if (!this.#client.write(Buffer.from(bytes.subarray(from, to)))) this.#pod.pause();
    if (this.#isClosing && this.#boundary?.reached) this.#sayClose();
  };

  /** Tells a WebSocket client to connect again, as soon as no frame is cut by it. Others are closed by {@link destroy}. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#boundary?.reached) this.#sayClose();
  }

  destroy(): void {
    this.#client.destroy();
    this.#pod.destroy();
  }

  // From now on nothing of the pod is delivered. The client's own close frame goes to the pod, which then ends.
  #sayClose(): void {
    this.#client.write(closeFrame(serviceRestart));
  }
}

// What was written is sent first, to a peer that reads it.
const endSoon = (stream: Duplex): void => {
  if (stream.destroyed || stream.writableEnded) return;
  const cut = setTimeout(() => stream.destroy(), flushMs);
  cut.unref();
  stream.once("close", () => clearTimeout(cut));
  stream.end(() => stream.destroy());
};
