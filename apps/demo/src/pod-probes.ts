import type { StatefulRouter } from "@route/executor";
import type { LoadBalancer } from "@route/loadbalancer";
import { ProbeLoop, tcpProbe } from "@route/loadbalancer/probes";

const intervalMs = 1000;
const timeoutMs = 500;

/** Knocks at every pod that the balancer knows, tells the balancer, and reports each answer. Placement then avoids deaf pods. */
export const probePods = (
  router: StatefulRouter,
  balancer: LoadBalancer,
  onCheck: (durationMs: number, healthy: boolean) => void,
): ProbeLoop => {
  const addresses = new Map<number | string, string>();
  const knock = tcpProbe({
    address: (podId) => {
      const { hostname: host, port } = new URL(`tcp://${addresses.get(podId)}`);
      return { host, port: Number(port) };
    },
  });
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
