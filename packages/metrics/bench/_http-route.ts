import type { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";

/** The seven records of a routed request: two of the request, a hit, two of the load balancer, two of a health check. */
export interface Recorder {
  recordRequest(durationMs: number, success: boolean): void;
  recordCacheHit(): void;
  recordLoadBalancerRequest(durationMs: number): void;
  recordHealthCheck(durationMs: number, success: boolean): void;
}

/** Answers a request. */
export type Route = (response: ServerResponse) => void;

export const answered: Route = (response) => {
  response.end("ok");
};

/** Answers between two readings of the clock. */
export const timed: Route = (response) => {
  const startedMs = performance.now();
  response.end("ok");
  if (performance.now() < startedMs) throw new Error("the clock ran backwards");
};

const recordAll = (recorder: Recorder, durationMs: number, response: ServerResponse): void => {
  recorder.recordRequest(durationMs, response.statusCode < 500);
  recorder.recordCacheHit();
  recorder.recordLoadBalancerRequest(durationMs / 64);
  recorder.recordHealthCheck(durationMs / 8, true);
};

/** Answers, and records what a routed request is worth. */
export const recorded =
  (recorder: Recorder): Route =>
  (response) => {
    const startedMs = performance.now();
    response.end("ok");
    recordAll(recorder, performance.now() - startedMs, response);
  };

/** The same for who does not see the end of the answer: a listener waits for it. */
export const recordedAtClose =
  (recorder: Recorder): Route =>
  (response) => {
    const startedMs = performance.now();
    response.on("close", () => recordAll(recorder, performance.now() - startedMs, response));
    response.end("ok");
  };
