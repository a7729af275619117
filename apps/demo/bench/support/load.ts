import { once } from "node:events";
import { connect, type Socket } from "node:net";

const dial = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  await once(socket, "connect");
  return socket;
};

const after = (durationMs: number): (() => boolean) => {
  const endMs = performance.now() + durationMs;
  return () => performance.now() >= endMs;
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

/** Sends GETs of `users` uids on `connections` kept connections for `durationMs`; how many were answered. */
export const getLoad = async (port: number, connections: number, durationMs: number, users = 500): Promise<number> => {
  const run = async (index: number): Promise<number> => {
    const socket = await dial(port);
    let uid = index;
    const answerBytes = await measureAnswer(socket, request(uid % users));
    const count = await loop(socket, answerBytes, after(durationMs), () => {
      uid += connections;
      socket.write(request(uid % users));
    });
    socket.destroy();
    return count;
  };
  const counts = await Promise.all(Array.from({ length: connections }, (_, index) => run(index)));
  return counts.reduce((sum, count) => sum + count, 0);
};

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

/** Echoes 64-byte messages on `connections` WebSockets for `durationMs`; how many came back. */
export const echoLoad = async (port: number, connections: number, durationMs: number): Promise<number> => {
  const sockets = await Promise.all(Array.from({ length: connections }, (_, index) => openWebSocket(port, index)));
  const isOver = after(durationMs);
  const counts = await Promise.all(sockets.map((socket) => loop(socket, 66, isOver, () => socket.write(frame))));
  for (const socket of sockets) socket.destroy();
  return counts.reduce((sum, count) => sum + count, 0);
};
