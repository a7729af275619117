import { Command } from "ioredis";
import { call } from "../../calls.ts";
import { ExecutorError } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import { type ClusterClient, disconnect, type RedisClient, type RedisNode } from "./client.ts";
import { Cork } from "./cork.ts";
import { timedOut, toExecutorError } from "./failures.ts";
import { type ScriptName, scripts } from "./scripts.ts";
import { groupBySlot, slotOf } from "./slot.ts";
import { Stalls } from "./stalls.ts";
import { type Waiting, WaitingList } from "./waiting-list.ts";

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
  readonly #waiting = new WaitingList();
  readonly #stalls: Stalls;
  readonly #cork: Cork;
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  #connectionError: Error | undefined;
  /** What the log was told since the last answer. */
  #toldError: string | undefined;
  #closed = false;

  constructor(client: RedisClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    this.#stalls = new Stalls(options.timeoutMs);
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
    const client: object = this.#client;
    return this.#client.isCluster ? (client as ClusterClient).nodes("master") : [client as RedisNode];
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
    clearTimeout(this.#timer);
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
    this.#waiting.add(waiting);
    this.#pending++;
    this.#timer ??= this.#sweepIn(this.#options.timeoutMs);
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
    const master = this.#nodeOf(key);
    const node = this.masters().find(({ options }) => master === "" || `${options.host}:${options.port}` === master);
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
    this.#waiting.remove(waiting);
  }

  #sweepIn(delayMs: number): NodeJS.Timeout {
    const longestMs = this.#client.isCluster ? this.#options.timeoutMs * lookRatio : delayMs;
    return setTimeout(this.#sweep, Math.max(Math.min(delayMs, longestMs), 1)).unref();
  }

  readonly #sweep = (): void => {
    const { timeoutMs } = this.#options;
    const nowMs = performance.now();
    this.#timer = undefined;
    const late = new Map<string, number>();
    for (let waiting = this.#waiting.first; waiting; waiting = this.#waiting.first) {
      const leftMs = waiting.sentAtMs + timeoutMs - nowMs;
      if (leftMs > 0) {
        if (leftMs < timeoutMs * (1 - lookRatio) && this.#client.isCluster) this.#refresh();
        this.#timer = this.#sweepIn(leftMs);
        break;
      }
      this.#waiting.remove(waiting);
      const node = this.#nodeOf(waiting.key);
      late.set(node, (late.get(node) ?? 0) + 1);
      waiting.reject(timedOut(waiting.operation));
    }
    for (const [node, count] of late) this.#stalled(node, count, nowMs);
  };

  #stalled(node: string, count: number, nowMs: number): void {
    // A client that is connecting needs its new connections.
    if (this.#client.isCluster && this.#client.status !== "ready") return;
    const total = this.#stalls.add(node, count, nowMs);
    if (total === undefined) return;
    this.#options.log.warn(`Redis ${node} left ${total} calls without an answer, connecting anew`);
    const isStalled = ({ options }: RedisNode): boolean => `${options.host}:${options.port}` === node;
    const stalled = this.#client.isCluster ? this.masters().find(isStalled) : this.masters()[0];
    // Destroyed, not ended: a frozen server would never answer the end. While there is no stream a connection is being
    // made already; to interrupt that would end the client for good.
    stalled?.stream?.destroy();
    this.#refresh();
  }

  // Timeouts and cut connections alone make the client of a cluster ask nobody for the new masters, and a client that
  // could not connect through any Sentinel gives up.
  #refresh(): void {
    if (this.#closed) return;
    if (this.#client.status === "end") this.#client.connect().catch(() => undefined);
    else if (this.#client.isCluster) (this.#client as ClusterClient).refreshSlotsCache();
  }

  #nodeOf(key: string): string {
    return this.#client.isCluster ? ((this.#client as ClusterClient).slots[slotOf(key)]?.[0] ?? "") : "";
  }
}
