import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

const betweenMs = 200;
const retryMs = 50;

interface Echo {
  readonly count: number;
  readonly message: string;
}

/** WebSocket clients that each send one numbered message after the other, and connect again when they are told to. */
export class Chatters {
  readonly #lanes: Promise<void>[];
  #isOver = false;
  /** Messages that were answered. */
  answered = 0;
  /** Messages whose answer does not follow from the one before: something was lost, or ran twice. */
  wrong = 0;
  /** Connections that were closed with 1012, on which clients come back. */
  moved = 0;
  /** Connections that ended in any other way. */
  cut = 0;

  constructor(gateway: string, count: number) {
    this.#lanes = Array.from({ length: count }, (_, index) =>
      this.#chat(`${gateway.replace("http", "ws")}/`, `ws-${index}`),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #chat(url: string, uid: string): Promise<void> {
    let count = 0;
    while (!this.#isOver) {
      const socket = new WebSocket(url, { headers: { "x-route-uid": uid }, perMessageDeflate: false });
      socket.on("error", () => {});
      const closed = once(socket, "close").then(([code]) => code as number);
      const isOpen = await Promise.race([
        once(socket, "open").then(
          () => true,
          () => false,
        ),
        closed.then(() => false),
      ]);
      while (isOpen && !this.#isOver) {
        const sent = `${count + 1}`;
        socket.send(sent);
        const echo = await Promise.race([hear(socket), closed]);
        if (typeof echo === "number") break;
        // The pod counts, also across pods: its count is the number that was sent.
        if (`${echo.count}` !== echo.message || echo.message !== sent) this.wrong++;
        count = echo.count;
        this.answered++;
        await Promise.race([sleep(betweenMs), closed]);
      }
      if (this.#isOver) socket.close();
      else if ((await closed) === 1012) this.moved++;
      else this.cut++;
      await sleep(retryMs);
    }
  }
}

const hear = async (socket: WebSocket): Promise<Echo> => JSON.parse(String((await once(socket, "message"))[0])) as Echo;
