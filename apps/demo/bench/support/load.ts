import { once } from "node:events";
import { connect, type Socket } from "node:net";

const dial = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  await once(socket, "connect");
  return socket;
};

/** Runs a closed loop on a socket until `isOver`: `send`, wait for an answer of `answerBytes`, again. Counts answers. */
const loop = (socket: Socket, answerBytes: number, isOver: () => boolean, send: () => void): Promise<number> =>
  new Promise((resolve, reject) => {
    let count = 0;
    let received = 0;
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (received < answerBytes) return;
      received -= answerBytes;
      count++;
      if (!isOver()) send();
      else {
        socket.off("data", onData).off("error", reject);
        resolve(count);
      }
    };
    socket.on("data", onData).once("error", reject);
    send();
  });

/** How many bytes the answer to `request` has, once it has fully come; fails unless it is a 200 or a 101. */
const measureAnswer = async (socket: Socket, request: string): Promise<number> => {
  let text = "";
  const onData = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
  };
  socket.on("data", onData);
  socket.write(request);
  while (!/\r\n\r\n/.test(text)) await once(socket, "data");
  const [head = "", body = ""] = text.split("\r\n\r\n");
  if (!/^HTTP\/1\.1 (200|101) /.test(head)) throw new Error(`unexpected answer: ${text}`);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  while (text.length < text.indexOf("\r\n\r\n") + 4 + length) await once(socket, "data");
  socket.off("data", onData);
  return head.length + 4 + Math.max(length, body.length);
};

const request = (uid: number): string =>
  `GET /bench HTTP/1.1\r\nhost: bench\r\nx-route-uid: user-${uid}\r\naccept: */*\r\n\r\n`;

/** Clients with a connection each, that ask, wait for the answer and ask again. */
export class ClosedLoop implements Disposable {
  readonly #clients: readonly Client[];

  constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  /** Lets every client ask `each` times; how many answers there were. */
  async run(each: number): Promise<number> {
    const runs = this.#clients.map(({ socket, answerBytes, ask }) => {
      let asked = 0;
      return loop(
        socket,
        answerBytes,
        () => asked >= each,
        () => {
          asked++;
          ask();
        },
      );
    });
    return (await Promise.all(runs)).reduce((sum, count) => sum + count, 0);
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#clients) socket.destroy();
  }
}

interface Client {
  readonly socket: Socket;
  readonly answerBytes: number;
  readonly ask: () => void;
}

const openAll = async (clients: number, open: (index: number) => Promise<Client>): Promise<ClosedLoop> =>
  new ClosedLoop(await Promise.all(Array.from({ length: clients }, (_, index) => open(index))));

/** Clients that send GETs of `users` uids. */
export const openGets = (port: number, clients: number, users = 500): Promise<ClosedLoop> =>
  openAll(clients, async (index) => {
    const socket = await dial(port);
    const answerBytes = await measureAnswer(socket, request(index % users));
    let uid = index;
    const ask = (): void => {
      uid += clients;
      socket.write(request(uid % users));
    };
    return { socket, answerBytes, ask };
  });

/** Sends `count` GETs of `users` uids, beginning with `uid`, one after the other on a connection of their own. */
export const getRequests = async (port: number, uid: number, count: number, users = 500): Promise<void> => {
  const socket = await dial(port);
  const answerBytes = await measureAnswer(socket, request(uid % users));
  let sent = 1;
  const isOver = (): boolean => sent >= count;
  if (!isOver()) {
    await loop(socket, answerBytes, isOver, () => socket.write(request((uid + sent++) % users)));
  }
  socket.end();
  await once(socket, "close");
};

/** Opens a WebSocket, as far as sockets go. */
export const openWebSocket = async (port: number, uid: number): Promise<Socket> => {
  const socket = await dial(port);
  await measureAnswer(
    socket,
    `GET /ws HTTP/1.1\r\nhost: bench\r\nx-route-uid: user-${uid}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  return socket;
};

// 64 bytes, masked with zeros as clients must; the server's echo has no mask.
const frame = Buffer.concat([Buffer.from([0x82, 0x80 | 64, 0, 0, 0, 0]), Buffer.alloc(64, 1)]);

/** Clients that send 64-byte messages on a WebSocket, to be echoed. */
export const openEchoes = (port: number, clients: number): Promise<ClosedLoop> =>
  openAll(clients, async (index) => {
    const socket = await openWebSocket(port, index);
    return { socket, answerBytes: 66, ask: () => void socket.write(frame) };
  });
