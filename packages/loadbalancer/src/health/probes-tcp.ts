import { connect } from "node:net";
import type { PodId } from "../types.ts";
import { type Probe, requireFunction } from "./probes-loop.ts";

/** Where to knock. */
export interface TcpProbeOptions {
  readonly address: (podId: PodId) => { readonly host: string; readonly port: number };
}

/** A probe that is content with an accepted connection. @throws TypeError for a bad option. */
export const tcpProbe = (options: TcpProbeOptions): Probe => {
  const { address } = options ?? {};
  requireFunction("address", address);
  return (podId, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...address(podId), signal });
      socket.on("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", reject);
    });
};
