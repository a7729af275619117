import type { StatefulRouter } from "@route/executor";
import { type HealthSink, httpProbe, ProbeLoop } from "@route/loadbalancer/probes";

const intervalMs = 1000;
const timeoutMs = 500;

/**
 * Asks every pod that the balancer knows for anything, tells the balancer whether there was an answer, and reports each.
 * Without the secret the answer is the guard's 403: it shows that the pod hears and speaks.
 */
export const probePods = (
  router: StatefulRouter,
  balancer: HealthSink,
  onCheck: (durationMs: number, healthy: boolean) => void,
): ProbeLoop => {
  const addresses = new Map<number | string, string>();
  const knock = httpProbe({ url: (podId) => `http://${addresses.get(podId)}/`, accept: () => true });
  return new ProbeLoop({
    balancer,
    intervalMs,
    timeoutMs,
    probe: async (podId, signal) => {
      const startMs = performance.now();
      let healthy = false;
      try {
        for (const { pod, address } of await router.pods()) addresses.set(pod, address);
        healthy = await knock(podId, signal);
      } finally {
        if (!signal.aborted || signal.reason instanceof DOMException) onCheck(performance.now() - startMs, healthy);
      }
      return healthy;
    },
  }).start();
};
