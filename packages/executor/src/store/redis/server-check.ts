import { ExecutorError } from "../../errors.ts";
import type { Connection } from "./connection.ts";

/** Something about the server that costs links or fails calls, with the reason. */
export interface ServerFinding {
  /**
   * `no-aof`: a restart forgets links. `evicts`: links may be dropped to make room. `no-min-replicas`: a failover loses
   * more than it must. `no-scripts`, `no-tracking`, `no-info`: a right is missing.
   */
  readonly code: "no-aof" | "evicts" | "no-min-replicas" | "no-scripts" | "no-tracking" | "no-info";
  readonly message: string;
}

const fieldOf = (info: string, field: string): string | undefined =>
  new RegExp(`^${field}:(.*?)\\r?$`, "m").exec(info)?.[1];

const findingsOf = (node: string, info: string, isWatched: boolean): ServerFinding[] => {
  const findings: ServerFinding[] = [];
  if (fieldOf(info, "aof_enabled") === "0") {
    findings.push({ code: "no-aof", message: `${node} has appendonly no: a restart forgets links and leases` });
  }
  const policy = fieldOf(info, "maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    const message = `${node} has maxmemory-policy ${policy}: it may drop links of living pods; use noeviction`;
    findings.push({ code: "evicts", message });
  }
  // The field is there only where min-replicas-to-write is set.
  if (isWatched && fieldOf(info, "min_slaves_good_slaves") === undefined) {
    const message = `${node} has no min-replicas-to-write: a failover loses what the old master still acknowledges`;
    findings.push({ code: "no-min-replicas", message });
  }
  return findings;
};

const isRefusal = (error: unknown): boolean =>
  error instanceof ExecutorError && error.outcome === "not-applied" && !error.retryable;

/** Looks at every master. `isWatched`: Sentinels may demote it. Rejects only if there is no connection. */
export const checkServer = async (connection: Connection, isWatched: boolean): Promise<ServerFinding[]> => {
  const findings: ServerFinding[] = [];
  const attempt = async (code: ServerFinding["code"], right: string, command: string, args: string[]) => {
    try {
      await connection.call("check", command, args);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      findings.push({ code, message: `${right} is refused: ${(error as Error).message}` });
    }
  };
  await attempt("no-scripts", "EVAL, by which every change is made,", "eval", ["return 1", "0"]);
  await attempt("no-tracking", "CLIENT TRACKING, which a near cache may use,", "client", ["tracking", "off"]);
  for (const node of connection.masters()) {
    const name = node.options.host === undefined ? "Redis" : `Redis ${node.options.host}:${node.options.port}`;
    try {
      const sections = ["persistence", "memory", "replication"].map((section) => node.info(section));
      findings.push(...findingsOf(name, (await Promise.all(sections)).join("\n"), isWatched));
    } catch (error) {
      findings.push({ code: "no-info", message: `INFO of ${name} cannot be read: ${(error as Error).message}` });
    }
  }
  return findings;
};
