import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ports that operating systems give to outgoing connections (from 32,768 on Linux, 49,152 elsewhere): one of
// those could take the port between the look and the server's start.
const firstPort = 20_000;
const portCount = 12_000;

// Each process begins elsewhere and goes on from there, so that two of them, or two calls, hardly look at the same port.
let offset = randomInt(portCount);

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

/** A TCP port of loopback that was free a moment ago, and that no other call in this process was given lately. */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < portCount; attempt++) {
    const port = firstPort + (offset++ % portCount);
    if (await canListen(port)) return port;
  }
  throw new Error(`no port from ${firstPort} to ${firstPort + portCount - 1} of 127.0.0.1 is free`);
};
