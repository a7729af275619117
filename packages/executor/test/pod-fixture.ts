import { afterEach } from "vitest";
import { PodAgent, type PodAgentOptions } from "../src/index.ts";
import { ServiceScope } from "../src/scope/service-scope.ts";
import type { StatefulStore } from "../src/store/store.ts";
import type { Link, LinkLifetime } from "../src/types.ts";

/** The service of these tests. */
export const name = { namespace: "test", service: "rooms" };
const open: PodAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.stop({ graceMs: 0 }).catch(() => undefined);
});

/** What the user of an agent was told. */
export interface Told {
  readonly event: string;
  readonly uid: string;
  readonly reason?: string;
  readonly fence: number;
}

/** An agent that writes down what its user is told; stopped after the test. */
export const agentOn = (store: StatefulStore, options: Partial<PodAgentOptions> = {}) => {
  const told: Told[] = [];
  const note =
    (event: string) =>
    (uid: string, { fence, reason = "" }: { fence: number; reason?: string }) =>
      void told.push({ event, uid, fence, reason });
  const agent = new PodAgent({
    ...{ store, ...name, id: 0, address: "127.0.0.1:1", leaseMs: 60_000 },
    ...{ onAcquire: note("acquire"), onLost: note("lost"), onIdle: note("idle") },
    ...options,
  });
  open.push(agent);
  return { agent, told };
};

/** A link to the agent's present life. */
export const linkTo = async (
  store: StatefulStore,
  agent: PodAgent,
  uid: string,
  lifetimeSeconds: LinkLifetime = "persistent",
): Promise<Link> => {
  const owner = { pod: agent.id!, incarnation: agent.incarnation! };
  return (await new ServiceScope(store, name).setLinkedPodIfAbsent(uid, owner, lifetimeSeconds)).link;
};
