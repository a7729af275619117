import type { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";

/** The seven records of a routed request: two of the request, a hit, two of the load balancer, two of a health check. */
export interface Recorder {
  recordRequest(durationMs: number, success: boolean): void;
  recordCacheHit(): void;
  recordLoadBalancerRequest(durationMs: number): void;
  recordHealthCheck(durationMs: number, success: boolean): void;
}

/**
 * What is done before and after the answer. The answer itself is the server's: it is the same compiled code for all, and no
 * arm has a part of node:http inlined where another has not.
 */
export interface Route {
  begin(response: ServerResponse): number;
  end(response: ServerResponse, startedMs: number): void;
}

/** Nothing. */
export const bare: Route = {
  begin: () => 0,
  end: () => undefined,
};

/** Two readings of the clock. */
export const timed: Route = {
  begin: () => performance.now(),
  end(_, startedMs) {
    if (performance.now() < startedMs) throw new Error("the clock ran backwards");
  },
};

const recordAll = (recorder: Recorder, durationMs: number, response: ServerResponse): void => {
  recorder.recordRequest(durationMs, response.statusCode < 500);
  recorder.recordCacheHit();
  recorder.recordLoadBalancerRequest(durationMs / 64);
  recorder.recordHealthCheck(durationMs / 8, true);
};

/** Records what a routed request is worth. */
export const recorded = (recorder: Recorder): Route => ({
  begin: () => performance.now(),
  end: (response, startedMs) => recordAll(recorder, performance.now() - startedMs, response),
});

/** The same for who does not see the end of the answer: a listener waits for it. */
export const recordedAtClose = (recorder: Recorder): Route => ({
  begin(response) {
    const startedMs = performance.now();
    response.on("close", () => recordAll(recorder, performance.now() - startedMs, response));
    return startedMs;
  },
  end: () => undefined,
});
