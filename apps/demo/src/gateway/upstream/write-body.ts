import type { Socket } from "node:net";
import type { StreamedBody } from "./streamed-body.ts";

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });

const writeChunk = (socket: Socket, chunk: Buffer): boolean => {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
  socket.write(chunk);
  const hasRoom = socket.write("\r\n", "latin1");
  socket.uncork();
  return hasRoom;
};

/** Writes a body as it comes, at the pace of the socket, until it ends or the socket is closed. Rejects with its error. */
export const writeBody = async (socket: Socket, body: StreamedBody): Promise<void> => {
  const isChunked = body.lengthBytes === undefined;
  for await (const chunk of body) {
    if (socket.destroyed) return;
    const hasRoom = isChunked ? writeChunk(socket, chunk) : socket.write(chunk);
    if (!hasRoom) await drained(socket);
  }
  if (isChunked && !socket.destroyed) socket.write("0\r\n\r\n", "latin1");
};
