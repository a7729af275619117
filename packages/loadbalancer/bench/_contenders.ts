// What the picks are held against: a bare power of two choices that does nothing else, and the shape of the seed's code.
import { LoadBalancer, type StrategyName } from "@route/loadbalancer";

/** One way to pick and finish. The token is what `done` needs. */
export interface Contender {
  readonly name: string;
  pick(): unknown;
  done(token: unknown): void;
}

const OUTCOME = { ok: true, latencyMs: 12.5 };
const KEYS = Array.from({ length: 4096 }, (_, index) => `user-${index}`);

const xorshift = (): (() => number) => {
  let state = 123_456_789;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
};

/** Two draws, one comparison of counts, numeric handles: no weights, health, statistics, leases. */
export const barePowerOfTwo = (pods: number): Contender => {
  const inFlight = new Int32Array(pods);
  const random = xorshift();
  return {
    name: "bare P2C",
    pick: () => {
      const first = Math.floor(random() * pods);
      let second = Math.floor(random() * (pods - 1));
      if (second >= first) second++;
      const chosen = inFlight[first]! <= inFlight[second]! ? first : second;
      inFlight[chosen]!++;
      return chosen;
    },
    done: (token) => {
      inFlight[token as number]!--;
    },
  };
};

/** The seed's shape: walk the map, filter the healthy, look for the least, look the pod up again to count. */
export const seedShape = (count: number): Contender => {
  const pods = new Map(
    Array.from({ length: count }, (_, id) => [id, { id, healthy: true, connections: 0, responseTimeMs: 0 }]),
  );
  return {
    name: "seed's shape",
    pick: () => {
      const healthy = [...pods.values()].filter((pod) => pod.healthy);
      let least = healthy[0]!;
      for (const pod of healthy) if (pod.connections < least.connections) least = pod;
      least.connections++;
      return least.id;
    },
    done: (token) => {
      const pod = pods.get(token as number)!;
      pod.connections--;
      pod.responseTimeMs = OUTCOME.latencyMs;
    },
  };
};

const KEYED: ReadonlySet<StrategyName> = new Set(["maglev", "rendezvous"]);

export const balancerOf = (strategy: StrategyName, pods: number): Contender => {
  const balancer = new LoadBalancer({ strategy });
  balancer.sync(Array.from({ length: pods }, (_, podId) => ({ podId })));
  const options = KEYS.map((key) => ({ key }));
  let turn = 0;
  return {
    name: strategy,
    pick: KEYED.has(strategy) ? () => balancer.pick(options[turn++ % options.length]) : () => balancer.pick(),
    done: (token) => (token as { done(outcome: typeof OUTCOME): void }).done(OUTCOME),
  };
};

const OPEN = 64;

/** CPU time of one pick and done, in ns, with 64 requests in flight. */
export const timePerPick = (contender: Contender, picks: number): number => {
  const open: unknown[] = Array.from({ length: OPEN }, () => contender.pick());
  const before = process.cpuUsage();
  for (let index = 0; index < picks; index++) {
    const place = index % OPEN;
    contender.done(open[place]);
    open[place] = contender.pick();
  }
  const { user, system } = process.cpuUsage(before);
  for (const token of open) contender.done(token);
  return ((user + system) * 1000) / picks;
};

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
