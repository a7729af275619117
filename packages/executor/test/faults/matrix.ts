// The faults and what each may cost. One table for the tests, which judge ownership and loss, and for the bench, which
// judges time besides.
import {
  failOverClusterAcknowledged,
  failOverClusterForced,
  failOverClusterPlanned,
  failOverSentinelFrozen,
  failOverSentinelPlanned,
} from "./failovers.ts";
import { killInDrain, restartRolling } from "./moves.ts";
import {
  cutOffFromBoth,
  cutOffFromGateways,
  cutOffFromStore,
  freezePodPastLease,
  killPod,
  restartPodInsideLease,
} from "./pod-faults.ts";
import { fillMemory, flushAll, flushScripts, killRedisWithAof } from "./store-faults.ts";
import type { Conditions, Outcome } from "./trial.ts";

/** How long service may be away, in words and for what a fault came to. */
export interface GapLimit {
  readonly target: string;
  limitMs(outcome: Outcome): number;
}

/** A row of the matrix. */
export interface FaultCase {
  readonly name: string;
  readonly run: (conditions: Conditions) => Promise<Outcome>;
  /** No wrong owner and no lost link at all. Otherwise two owners until the older one's next renewal, and links restored. */
  readonly exact: boolean;
  /** Nothing breaks here, so that no request may fail either. */
  readonly planned?: boolean;
  /** Not limited where nothing breaks. */
  readonly gap: GapLimit | undefined;
}

// A round trip is what a gateway waits for an answer: its last try may have begun just before the lease ended.
const leaseAndRoundTrip: GapLimit = {
  target: "lease + 1 round trip",
  limitMs: ({ leaseMs, answerTimeoutMs }) => leaseMs + answerTimeoutMs,
};
const outageAndHalfSecond: GapLimit = { target: "outage + 0.5 s", limitMs: ({ outageMs }) => outageMs + 500 };
const within = (target: string, ms: number): GapLimit => ({ target, limitMs: () => ms });

const exact = (gap: GapLimit | undefined, cases: Readonly<Record<string, FaultCase["run"]>>): FaultCase[] =>
  Object.entries(cases).map(([name, run]) => ({ name, run, gap, exact: true }));
const bounded = (gap: GapLimit, cases: Readonly<Record<string, FaultCase["run"]>>): FaultCase[] =>
  exact(gap, cases).map((row) => ({ ...row, exact: false }));

export const podFaults: readonly FaultCase[] = exact(leaseAndRoundTrip, {
  "kill -9 pod": killPod,
  "SIGSTOP past lease and CONT": freezePodPastLease,
  "restart of the same id inside the lease": restartPodInsideLease,
  "pod cut off from the store only": cutOffFromStore,
  "pod cut off from gateways only": cutOffFromGateways,
  "pod cut off from both": cutOffFromBoth,
});

export const storeFaults: readonly FaultCase[] = exact(outageAndHalfSecond, {
  "kill -9 Redis with AOF and restart": killRedisWithAof,
  "SCRIPT FLUSH": flushScripts,
  "memory full": fillMemory,
});

export const failovers: readonly FaultCase[] = [
  ...exact(within("<= 200 ms", 200), { "planned Cluster failover": failOverClusterPlanned }),
  ...exact(
    { target: "detection + 0.5 s", limitMs: outageAndHalfSecond.limitMs },
    { "forced Cluster failover with ackReplicas": failOverClusterAcknowledged },
  ),
  ...bounded(within("<= 5 s", 5000), {
    "forced Cluster failover without ackReplicas": failOverClusterForced,
    "Sentinel failover, planned": failOverSentinelPlanned,
    "Sentinel failover by SIGSTOP": failOverSentinelFrozen,
    FLUSHALL: flushAll,
  }),
];

export const moves: readonly FaultCase[] = [
  ...exact(undefined, {
    "rolling restart of 5 pods under 500 requests/s with state handed over": restartRolling,
  }).map((row) => ({ ...row, planned: true })),
  ...exact(leaseAndRoundTrip, { "kill -9 in the middle of a drain of 20,000 uids": killInDrain }),
];
