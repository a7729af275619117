import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import type { PodId } from "../types.ts";
import { type Probe, requireFunction } from "./probes-loop.ts";

/** Where and how to ask a pod by HTTP. */
export interface HttpProbeOptions {
  /** The address to ask, e.g. `http://10.0.0.7:8080/healthz`. */
  readonly url: (podId: PodId) => string | URL;
  /** Which status means healthy. Default: 200 to 399. */
  readonly accept?: (status: number) => boolean;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

const isSuccess = (status: number): boolean => status >= 200 && status < 400;

/**
 * A probe that asks by HTTP or HTTPS, on a connection of its own: a full pool must not make a pod look ill.
 * @throws TypeError for a bad option.
 */
export const httpProbe = (options: HttpProbeOptions): Probe => {
  const { url, accept = isSuccess, headers = {} } = options ?? {};
  requireFunction("url", url);
  requireFunction("accept", accept);
  return (podId, signal) =>
    new Promise((resolve, reject) => {
      const target = new URL(url(podId));
      const get = target.protocol === "https:" ? getSecure : getPlain;
      const request = get(target, { agent: false, headers, signal }, (response) => {
        response.resume();
        try {
          resolve(accept(response.statusCode ?? 0));
        } catch (error) {
          reject(error);
        }
      });
      request.on("error", reject);
    });
};
