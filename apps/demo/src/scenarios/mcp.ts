import { McpClients, type McpRevision } from "./mcp-clients.ts";
import { restartPods } from "./restart-pods.ts";
import { longLeaseMs, never, neverOf, type Scenario, some, told } from "./scenario.ts";
import { openWorld } from "./world.ts";

const clients = 100;

const overRestart = (name: string, story: string, revision: McpRevision): Scenario => ({
  name,
  story: `${clients} clients of the MCP SDK, ${story}, talk on while all pods are restarted.`,
  run: async (settings) => {
    await using world = await openWorld(settings, { kind: "mcp", leaseMs: longLeaseMs });
    const talk = new McpClients(world.gateways[0]!.url, revision, clients);
    await restartPods(world, settings);
    await talk.stop();
    return [
      neverOf("failed calls", talk.failures),
      never("answers that do not follow from those before", talk.wrong, talk.calls),
      some("clients that went on with another pod", talk.pods.filter(({ size }) => size > 1).length),
      told("revision of the protocol", revision),
    ];
  },
});

export const mcpSessions: Scenario = overRestart(
  "mcp-sessions",
  "whose session ids the pods have minted",
  "2025-11-25",
);
export const mcpHandles: Scenario = overRestart(
  "mcp-handles",
  "who send back the handles that tools gave out",
  "2026-07-28",
);
