import { Command } from "ioredis";
import { call } from "../../calls.ts";
import { ExecutorError } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import { disconnect, type RedisClient, type RedisNode } from "./client.ts";
import { Cork } from "./cork.ts";
import { Deadlines } from "./deadlines.ts";
import { timedOut, toExecutorError } from "./failures.ts";
import { type ScriptName, scripts } from "./scripts.ts";
import { groupBySlot } from "./slot.ts";
import { Stalls } from "./stalls.ts";
import { Topology } from "./topology.ts";
import type { Waiting } from "./waiting-list.ts";

/** What a {@link Connection} works with. */
export interface ConnectionOptions {
  readonly timeoutMs: number;
  readonly maxPending: number;
  /** So many replicas must have what a script wrote before it counts as done. Default 0. */
  readonly ackReplicas?: number;
  readonly log: Log;
}

const replyAsText = { replyEncoding: "utf8" } as const;

/**
 * A cluster is asked for its masters after each such share of a timeout for which a call has waited: nobody tells the client
 * that a silent master was replaced, and what waits for it waits in vain.
 */
const lookRatio = 1 / 4;

/**
 * One client with what the client lacks: a bound on waiting calls, a timeout that costs next to nothing per call, calls
 * of one turn of the event loop written together, and an end to connections that have fallen silent.
 */
export class Connection {
  readonly #client: RedisClient;
  readonly #options: ConnectionOptions;
  readonly #topology: Topology;
  readonly #deadlines: Deadlines;
  readonly #stalls: Stalls;
  readonly #cork: Cork;
  #pending = 0;
  #connectionError: Error | undefined;
  /** What the log was told since the last answer. */
  #toldError: string | undefined;
  #closed = false;

  constructor(client: RedisClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    const { timeoutMs } = options;
    this.#topology = new Topology(client);
    this.#deadlines = new Deadlines({
      timeoutMs,
      lookEveryMs: client.isCluster ? timeoutMs * lookRatio : timeoutMs,
      onSlow: () => client.status === "ready" && this.#refresh(),
      onLate: (late, nowMs) => this.#giveUp(late, nowMs),
    });
    this.#stalls = new Stalls(timeoutMs);
    this.#cork = new Cork(client);
    // Without a listener the client prints each connection error; callers learn of them from their own calls.
    client.on("error", (error) => {
      this.#connectionError = error;
      // Once per cause, for there is one with each try to connect.
      if (error.message !== this.#toldError) options.log.debug("Redis connection error", error);
      this.#toldError = error.message;
    });
  }

  /**
   * Sends a command, whose first argument is a key unless `key` says otherwise, and rejects with an `ExecutorError` that
   * tells its outcome.
   */
  call<Reply>(operation: string, command: string, args: string[], key: string = args[0]!): Promise<Reply> {
    return this.#send(operation, command, args, key, undefined) as Promise<Reply>;
  }

  /** Runs one of our scripts. All keys have the same hash tag. */
  run(name: ScriptName, keys: readonly string[], args: readonly string[] = []): Promise<unknown> {
    const script = scripts()[name];
    const key = keys[0]!;
    const reply = this.#send(name, "evalsha", [script.sha, `${keys.length}`, ...keys, ...args], key, script.text);
    const { ackReplicas } = this.#options;
    return ackReplicas ? reply.then((value) => this.#acknowledged(name, key, ackReplicas, value)) : reply;
  }

  /** The masters that the client knows; all of them once a call was answered. */
  masters(): RedisNode[] {
    return this.#topology.masters();
  }

  /** Reads many keys: at once from one server, from a cluster slot by slot, all slots at the same time. In their order. */
  async gather<Value>(
    keys: readonly string[],
    read: (keys: readonly string[]) => Promise<readonly Value[]>,
  ): Promise<Value[]> {
    if (!this.#client.isCluster) return [...(await read(keys))];
    const values: Value[] = new Array(keys.length);
    const readGroup = async (positions: readonly number[]): Promise<void> => {
      const found = await read(positions.map((position) => keys[position]!));
      for (const [index, position] of positions.entries()) values[position] = found[index]!;
    };
    await Promise.all(groupBySlot(keys).map(readGroup));
    return values;
  }

  /** The replication ids of all masters: text that changes when one of them was replaced or lost its data. */
  async replication(): Promise<string> {
    const operation = "replication";
    const read = (node: RedisNode): Promise<string> =>
      call(operation, "reads", this.#options, () => node.info(operation));
    try {
      const infos = await Promise.all(this.masters().map(read));
      return infos
        .map((info) => /^master_replid:(\w+)/m.exec(info)?.[1] ?? "")
        .sort()
        .join(" ");
    } catch (error) {
      throw toExecutorError(error, operation, this.#connectionError);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await disconnect(this.#client, this.#options.timeoutMs);
    this.#deadlines.stop();
  }

  // Commands are built here, not by the client's methods: a timeout then rejects the command itself, at no cost per call.
  #send(operation: string, name: string, args: string[], key: string, scriptText: string | undefined) {
    try {
      this.#assertFree(operation);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
    // A call that is alone goes out at once.
    if (this.#pending > 0) this.#cork.hold();
    const command = new Command(name, args, replyAsText);
    const { reject } = command;
    const waiting = { operation, key, sentAtMs: performance.now(), reject, before: undefined, after: undefined };
    this.#deadlines.add(waiting);
    this.#pending++;
    return (this.#client.sendCommand(command) as Promise<unknown>).then(
      (reply: unknown) => {
        this.#settle(waiting);
        this.#toldError = undefined;
        return reply;
      },
      (error: unknown): unknown => {
        this.#settle(waiting);
        // Unknown to the server (restart, failover, SCRIPT FLUSH): nothing ran, so that sending it whole is safe.
        const isUnknown = error instanceof Error && error.message.startsWith("NOSCRIPT");
        if (isUnknown && scriptText !== undefined) {
          return this.#send(operation, "eval", [scriptText, ...args.slice(1)], key, undefined);
        }
        const failure = toExecutorError(error, operation, this.#connectionError);
        if (failure.code === "UNAVAILABLE") this.#refresh();
        throw failure;
      },
    );
  }

  // On the connection that wrote: the server waits for what this connection has written.
  async #acknowledged(operation: string, key: string, replicas: number, reply: unknown): Promise<unknown> {
    const node = this.#topology.named(this.#topology.nodeOf(key));
    const waitMs = Math.ceil(this.#options.timeoutMs / 2);
    const send = () => node?.sendCommand(new Command("wait", [`${replicas}`, `${waitMs}`])) as Promise<number>;
    const acknowledged = await call(operation, "writes", this.#options, send).catch((error: unknown) => {
      throw toExecutorError(error, operation, this.#connectionError);
    });
    if (acknowledged >= replicas) return reply;
    const message = `${operation}: ${acknowledged} of ${replicas} replicas (ackReplicas) have acknowledged it in ${waitMs} ms`;
    throw new ExecutorError("UNAVAILABLE", message, { operation, retryable: true, outcome: "unknown" });
  }

  #assertFree(operation: string): void {
    if (this.#closed) throw new ExecutorError("CLOSED", "the store is closed", { operation });
    if (this.#pending < this.#options.maxPending) return;
    const message = `${operation}: ${this.#pending} calls wait for Redis already (maxPending)`;
    throw new ExecutorError("OVERLOADED", message, { operation, retryable: true });
  }

  #settle(waiting: Waiting): void {
    this.#pending--;
    this.#deadlines.remove(waiting);
  }

  #giveUp(late: readonly Waiting[], nowMs: number): void {
    const counts = new Map<string, number>();
    for (const { key, operation, reject } of late) {
      const node = this.#topology.nodeOf(key);
      counts.set(node, (counts.get(node) ?? 0) + 1);
      reject(timedOut(operation));
    }
    for (const [node, count] of counts) this.#stalled(node, count, nowMs);
  }

  #stalled(node: string, count: number, nowMs: number): void {
    // A client that is connecting needs its new connections.
    if (this.#client.isCluster && this.#client.status !== "ready") return;
    const total = this.#stalls.add(node, count, nowMs);
    if (total === undefined) return;
    this.#options.log.warn(`Redis ${node} left ${total} calls without an answer, connecting anew`);
    // Destroyed, not ended: a frozen server would never answer the end. While there is no stream a connection is being
    // made already; to interrupt that would end the client for good.
    this.#topology.named(node)?.stream?.destroy();
    this.#refresh();
  }

  #refresh(): void {
    if (!this.#closed) this.#topology.refresh();
  }
}
