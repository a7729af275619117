// The load, in a process of its own: keep-alive connections that each send the next request when the last is answered,
// until there is no server any more. It costs less than the server, so that it is the server that is busy all the time.
import { connect } from "node:net";
import type { Listening } from "./_http-server.ts";

const connections = 32;
const request = Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
const [last, lastButOne] = [..."ok"].reverse().map((letter) => letter.charCodeAt(0));

const open = (port: number): void => {
  const onAnswer = (size: number, buffer: Uint8Array): boolean => {
    if (buffer[size - 1] === last && buffer[size - 2] === lastButOne) socket.write(request);
    return true;
  };
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: { buffer: Buffer.allocUnsafe(4096), callback: onAnswer },
  });
  socket.write(request);
};

process.on("message", ({ port }: Listening) => {
  for (let i = 0; i < connections; i++) open(port);
});
process.on("disconnect", () => process.exit());
