// The load, in a process of its own: keep-alive connections that each send the next request when the last is answered,
// until there is no server any more.
import { connect } from "node:net";
import type { Listening } from "./_http-server.ts";

const connections = 32;
const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const answerEnd = "ok";

const open = (port: number): void => {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  let tail = "";
  socket.on("data", (data) => {
    tail = (tail + data.toString("latin1")).slice(-answerEnd.length);
    if (tail !== answerEnd) return;
    tail = "";
    socket.write(request);
  });
  socket.write(request);
};

process.on("message", ({ port }: Listening) => {
  for (let i = 0; i < connections; i++) open(port);
});
process.on("disconnect", () => process.exit());
