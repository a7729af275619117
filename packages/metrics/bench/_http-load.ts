// The load, in a process of its own: keep-alive connections that each send the next request when the last is answered.
import { connect } from "node:net";
import type { LoadReport } from "./_http-arms.ts";

const connections = 32;
const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const answerEnd = "ok";

const run = (port: number, requests: number): Promise<LoadReport> =>
  new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    for (let i = 0; i < connections; i++) {
      const socket = connect(port, "127.0.0.1");
      const next = (): void => {
        if (sent === requests) return;
        sent++;
        socket.write(request);
      };
      socket.setNoDelay(true).once("connect", next).once("error", reject);
      let tail = "";
      socket.on("data", (data) => {
        tail = (tail + data.toString("latin1")).slice(-answerEnd.length);
        if (tail !== answerEnd) return;
        tail = "";
        answered++;
        if (answered === requests) resolve({ answered });
        if (sent < requests) next();
        else socket.end();
      });
    }
  });

process.on("message", async ({ port, requests }: { port: number; requests: number }) => {
  process.send?.(await run(port, requests));
});
