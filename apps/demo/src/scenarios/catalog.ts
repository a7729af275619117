import { blackHole } from "./black-hole.ts";
import { clusterFailover } from "./cluster-failover.ts";
import { freeze } from "./freeze.ts";
import { hotPod } from "./hot-pod.ts";
import { kill } from "./kill.ts";
import { mcpHandles, mcpSessions } from "./mcp.ts";
import { rollingRestart } from "./rolling-restart.ts";
import { scale } from "./scale.ts";
import type { Scenario } from "./scenario.ts";
import { staleGateway } from "./stale-gateway.ts";
import { storeAwayRefuse, storeAwayServe } from "./store-away.ts";

/** All scenarios, in the order in which they are run. */
export const scenarios: readonly Scenario[] = Object.freeze([
  scale,
  rollingRestart,
  kill,
  freeze,
  storeAwayServe,
  storeAwayRefuse,
  clusterFailover,
  blackHole,
  staleGateway,
  hotPod,
  mcpSessions,
  mcpHandles,
]);
