// A receiver in a process of its own: it takes everything and answers 200. Tells its port to the parent.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => void request.resume().once("end", () => response.end()));
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
