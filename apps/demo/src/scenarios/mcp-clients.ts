import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** Which revision of the protocol clients speak: with sessions, or with handles. */
export type McpRevision = "2025-11-25" | "2026-07-28";

const betweenMs = 200;

const textOf = ({ content }: Awaited<ReturnType<Client["callTool"]>>): string =>
  (content as { text: string }[])[0]!.text;

/** Clients of the official SDK that note one number after the other, and each time read all of theirs back. */
export class McpClients {
  readonly #url: URL;
  readonly #revision: McpRevision;
  readonly #lanes: Promise<void>[];
  #isOver = false;
  calls = 0;
  /** Answers that do not follow from those before. */
  wrong = 0;
  /** Calls that failed, by the gateway's code. */
  readonly failures = new Map<string, number>();
  /** The pods that each has met. */
  readonly pods: ReadonlySet<number>[];

  constructor(gateway: string, revision: McpRevision, count: number) {
    this.#url = new URL(`${gateway}/mcp`);
    this.#revision = revision;
    const pods = Array.from({ length: count }, () => new Set<number>());
    this.pods = pods;
    this.#lanes = pods.map((met) => this.#converse(met));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #converse(met: Set<number>): Promise<void> {
    const isSession = this.#revision === "2025-11-25";
    const mode = isSession ? "legacy" : { pin: this.#revision };
    const client = new Client({ name: "scenario", version: "1.0.0" }, { versionNegotiation: { mode } });
    const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> => {
      this.calls++;
      return textOf(await client.callTool({ name, arguments: args }));
    };
    let whose: Record<string, unknown> | undefined;
    let noted = 0;
    while (!this.#isOver) {
      try {
        if (!client.transport) await client.connect(new StreamableHTTPClientTransport(this.#url));
        whose ??= isSession ? {} : { notebook: await call("open_notebook") };
        const count = Number(await call("remember", { ...whose, note: `${noted}` }));
        if (count !== ++noted) this.wrong++;
        const { pod, notes } = JSON.parse(await call("recall", whose)) as { pod: number; notes: string[] };
        if (notes.some((note, index) => note !== `${index}`) || notes.length !== noted) this.wrong++;
        noted = notes.length;
        met.add(pod);
      } catch (error) {
        const code = /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error);
        this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
      }
      await sleep(betweenMs);
    }
    await client.close();
  }
}
