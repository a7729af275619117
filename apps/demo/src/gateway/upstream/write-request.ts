import type { Socket } from "node:net";
import type { PodRequest } from "./pod-request.ts";
import type { StreamedBody } from "./streamed-body.ts";

/** Up to this size head and body leave as one string, which is cheaper than to gather them from two places. */
const joinBytes = 8192;

/** Writes a request; a promise where its body comes by and by, which rejects with the body's error. */
export const writeRequest = (socket: Socket, { head, body }: PodRequest): Promise<void> | undefined => {
  if (body === null) socket.write(`${head}\r\n`, "latin1");
  else if (!Buffer.isBuffer(body)) {
    socket.write(`${head}\r\n`, "latin1");
    return writeBody(socket, body);
  } else if (body.length <= joinBytes) socket.write(`${head}\r\n${body.toString("latin1")}`, "latin1");
  else {
    socket.cork();
    socket.write(`${head}\r\n`, "latin1");
    socket.write(body);
    socket.uncork();
  }
  return undefined;
};

/** Writes a body as it comes, at the pace of the socket, until it ends or the socket is closed. */
const writeBody = async (socket: Socket, body: StreamedBody): Promise<void> => {
  const isChunked = body.lengthBytes === undefined;
  for await (const chunk of body) {
    if (socket.destroyed) return;
    const hasRoom = isChunked ? writeChunk(socket, chunk) : socket.write(chunk);
    if (!hasRoom) await drained(socket);
  }
  if (isChunked && !socket.destroyed) socket.write("0\r\n\r\n", "latin1");
};

const writeChunk = (socket: Socket, chunk: Buffer): boolean => {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
  socket.write(chunk);
  const hasRoom = socket.write("\r\n", "latin1");
  socket.uncork();
  return hasRoom;
};

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
