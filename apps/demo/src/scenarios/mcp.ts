import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { restartPods } from "./restart-pods.ts";
import { never, neverOf, type Scenario, some, told } from "./scenario.ts";
import { openWorld } from "./world.ts";

const sessions = 100;
const betweenMs = 200;

/** What all clients together have seen. */
interface Tally {
  calls: number;
  /** By the gateway's code. */
  readonly failures: Map<string, number>;
  wrong: number;
  readonly pods: Set<number>[];
}

const textOf = ({ content }: Awaited<ReturnType<Client["callTool"]>>): string =>
  (content as { text: string }[])[0]!.text;

/** One client of the official SDK: notes one number after the other, and reads all of them back. */
const converse = async (url: string, tally: Tally, isOver: () => boolean): Promise<void> => {
  const pods = new Set<number>();
  tally.pods.push(pods);
  const client = new Client({ name: "scenario", version: "1.0.0" });
  // The SDK's own types are not written for exact optional properties.
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)) as Parameters<Client["connect"]>[0]);
  let noted = 0;
  while (!isOver()) {
    try {
      tally.calls += 2;
      const count = Number(textOf(await client.callTool({ name: "remember", arguments: { note: `${noted}` } })));
      if (count !== ++noted) tally.wrong++;
      const recalled = JSON.parse(textOf(await client.callTool({ name: "recall" }))) as {
        pod: number;
        notes: string[];
      };
      if (recalled.notes.some((note, index) => note !== `${index}`) || recalled.notes.length !== noted) tally.wrong++;
      noted = recalled.notes.length;
      pods.add(recalled.pod);
    } catch (error) {
      const code = /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
      tally.failures.set(code, (tally.failures.get(code) ?? 0) + 1);
    }
    await sleep(betweenMs);
  }
  await client.close();
};

export const mcpSessions: Scenario = {
  name: "mcp-sessions",
  story: `${sessions} clients of the MCP SDK, whose session ids the pods have minted, talk on while all pods are restarted.`,
  run: async (settings) => {
    await using world = await openWorld(settings, { kind: "mcp" });
    const tally: Tally = { calls: 0, failures: new Map(), wrong: 0, pods: [] };
    let isOver = false;
    const { url } = world.gateways[0]!;
    const clients = Array.from({ length: sessions }, () => converse(url, tally, () => isOver));
    const ended = Promise.all(clients);
    await Promise.race([restartPods(world, settings), ended]);
    isOver = true;
    await ended;
    return [
      neverOf("failed calls", tally.failures),
      never("answers that do not follow from those before", tally.wrong),
      some("sessions that went on with another pod", tally.pods.filter(({ size }) => size > 1).length),
      told("sessions", `${tally.pods.length}`),
    ];
  },
};
