import { connect } from "node:net";
import type { PodId } from "../types.ts";
import type { Probe } from "./probes-loop.ts";

/** Where to knock. */
export interface TcpProbeOptions {
  readonly address: (podId: PodId) => { readonly host: string; readonly port: number };
}

/** A probe that is content with an accepted connection. */
export const tcpProbe =
  ({ address }: TcpProbeOptions): Probe =>
  (podId, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...address(podId), signal });
      socket.on("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", reject);
    });
