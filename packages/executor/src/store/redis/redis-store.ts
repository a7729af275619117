import { Redis } from "ioredis";
import { ExecutorError } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import { silentLog } from "../../time.ts";
import type { Link, LinkLifetime, LinkName, Owner, PodId, PodRecord, PodStatus, ServiceName } from "../../types.ts";
import { checkOption } from "../../validate.ts";
import type { AcquireResult, HeldLink, LinkRenewal, RenewResult, SealResult, StatefulStore } from "../store.ts";
import { connectionOptions, disconnect, type RedisClient, toExecutorError } from "./client.ts";
import { indexKey, linkKey, podsKey, pulseKey } from "./keys.ts";
import { formatLink, lifetimeText, parseLink } from "./link-text.ts";
import { parsePods } from "./pod-text.ts";
import { loadScripts, runScript, type Script, type ScriptName } from "./scripts.ts";

/** Options of {@link RedisStore}: either `url` or `client`. */
export interface RedisStoreOptions {
  /** e.g. `redis://:password@host:6379/0`, `rediss://` for TLS. */
  readonly url?: string;
  /** An ioredis 6 client; it is duplicated with our overrides, never used or closed itself. `keyPrefix` is refused. */
  readonly client?: RedisClient;
  /** After this time without an answer a call fails with `TIMEOUT`. Default 1000 ms. */
  readonly timeoutMs?: number;
  /** With this many calls waiting for an answer, further ones fail with `OVERLOADED`. Default 10000. */
  readonly maxPending?: number;
  readonly log?: Log;
}

const defaults = Object.freeze({ timeoutMs: 1000, maxPending: 10_000 });

type LinkReply = readonly [applied: number, link?: string | null, leftMs?: number];

const linkOf = (text: string | null | undefined): Link | undefined => (text ? parseLink(text) : undefined);

/**
 * Links and leases in Redis 7 or Valkey. Two connections: one for links, and one for leases, so that a renewal never
 * waits behind user traffic. Connects with the first call. One round trip for every operation.
 */
export class RedisStore implements StatefulStore {
  readonly #links: RedisClient;
  readonly #leases: RedisClient;
  readonly #scripts = loadScripts();
  readonly #timeoutMs: number;
  readonly #maxPending: number;
  readonly #log: Log;
  #pending = 0;
  #connectionError: Error | undefined;
  #closed = false;

  constructor({
    url,
    client,
    timeoutMs = defaults.timeoutMs,
    maxPending = defaults.maxPending,
    log = silentLog,
  }: RedisStoreOptions) {
    if ((url === undefined) === (client === undefined)) {
      throw new ExecutorError("INVALID_ARGUMENT", "exactly one of url and client must be given");
    }
    if (client?.options.keyPrefix) {
      throw new ExecutorError(
        "INVALID_ARGUMENT",
        `client must have no keyPrefix, got ${JSON.stringify(client.options.keyPrefix)}`,
      );
    }
    this.#timeoutMs = checkOption("timeoutMs", timeoutMs, 1, 60_000);
    this.#maxPending = checkOption("maxPending", maxPending, 1, 1_000_000);
    this.#log = log;
    const options = connectionOptions(timeoutMs);
    const connect = (): RedisClient => client?.duplicate(options) ?? new Redis(url!, options);
    this.#links = this.#listen(connect());
    this.#leases = this.#listen(connect());
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    const args = [podsKey(service), pulseKey(service), `${pod}`, token, `${leaseMs}`, ...statusArgs(status)];
    const [word, value] = (await this.#run(this.#leases, "acquirePod", args)) as [string, string];
    if (word === "acquired") return { acquired: true, incarnation: Number(value) };
    return { acquired: false, leaseLeftMs: Number(value) };
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    const args = [
      podsKey(service),
      pulseKey(service),
      `${owner.pod}`,
      `${owner.incarnation}`,
      `${leaseMs}`,
      ...statusArgs(status),
    ];
    const [word] = (await this.#run(this.#leases, "renewPod", args)) as [
      "renewed" | "recreated" | "sealed" | "superseded",
    ];
    if (word === "sealed" || word === "superseded") return { renewed: false, reason: word };
    return { renewed: true, recreated: word === "recreated" };
  }

  async releasePod(service: ServiceName, { pod, incarnation }: Owner): Promise<boolean> {
    return (await this.#run(this.#leases, "releasePod", [podsKey(service), `${pod}`, `${incarnation}`])) === 1;
  }

  async sealPod(service: ServiceName, { pod, incarnation }: Owner): Promise<SealResult> {
    const args = [podsKey(service), pulseKey(service), `${pod}`, `${incarnation}`];
    const [word, waitMs] = (await this.#run(this.#leases, "sealPod", args)) as [
      "sealed" | "alive" | "silent" | "young",
      string,
    ];
    return word === "sealed" ? { sealed: true } : { sealed: false, reason: word, waitMs: Number(waitMs) };
  }

  async pods(service: ServiceName): Promise<PodRecord[]> {
    return parsePods((await this.#run(this.#leases, "listPods", [podsKey(service)])) as string[]);
  }

  async getLink(name: LinkName): Promise<Link | undefined> {
    return linkOf(await this.#call("getLink", () => this.#links.get(linkKey(name))));
  }

  async linkIfAbsent(
    name: LinkName,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ link: Link; created: boolean }> {
    const args = [...linkArgs(name), `${owner.pod}`, `${owner.incarnation}`, lifetimeText(lifetimeSeconds)];
    const [created, link] = (await this.#run(this.#links, "linkIfAbsent", args)) as [number, string];
    return { link: parseLink(link), created: created === 1 };
  }

  async takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    const args = [...linkArgs(name), formatLink(expected), `${owner.pod}`, `${owner.incarnation}`];
    const [taken, link] = (await this.#run(this.#links, "takeOver", args)) as LinkReply;
    return { link: linkOf(link), taken: taken === 1 };
  }

  async renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    { reassert = false }: { readonly reassert?: boolean } = {},
  ): Promise<LinkRenewal[]> {
    // One script each, for every uid has a slot of its own; written to the socket together.
    return Promise.all(links.map((link) => this.#renewLink(service, owner, link, reassert)));
  }

  async removeLink(name: LinkName, expected?: Owner & { readonly fence: number }): Promise<boolean> {
    const guard = expected ? `${expected.pod}:${expected.incarnation}:${expected.fence}:` : "";
    return (await this.#run(this.#links, "removeLink", [...linkArgs(name), guard])) === 1;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([disconnect(this.#links, this.#timeoutMs), disconnect(this.#leases, this.#timeoutMs)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #renewLink(service: ServiceName, owner: Owner, held: HeldLink, reassert: boolean): Promise<LinkRenewal> {
    const args = [...linkArgs({ ...service, uid: held.uid }), `${owner.pod}`, `${owner.incarnation}`, `${held.fence}`];
    args.push(lifetimeText(held.lifetimeSeconds), held.origin, reassert ? "1" : "0");
    const [kept, text, leftMs = -1] = (await this.#run(this.#links, "renewLink", args)) as LinkReply;
    const link = linkOf(text);
    if (kept !== 1 || !link) return { kept: false, link };
    return { kept: true, link, leftMs: leftMs < 0 ? Number.POSITIVE_INFINITY : leftMs };
  }

  #run(client: RedisClient, name: ScriptName, args: readonly string[]): Promise<unknown> {
    const script: Script = this.#scripts[name];
    return this.#call(name, () => runScript(client, script, args));
  }

  async #call<Reply>(operation: string, send: () => Promise<Reply>): Promise<Reply> {
    if (this.#closed) throw new ExecutorError("CLOSED", "the store is closed", { operation });
    if (this.#pending >= this.#maxPending) {
      const message = `${operation}: ${this.#pending} calls wait for Redis already (maxPending)`;
      throw new ExecutorError("OVERLOADED", message, { operation, retryable: true });
    }
    this.#pending++;
    try {
      return await send();
    } catch (error) {
      throw toExecutorError(error, operation, this.#connectionError);
    } finally {
      this.#pending--;
    }
  }

  #listen(client: RedisClient): RedisClient {
    // Without a listener the client prints each connection error; callers learn of them from their own calls.
    client.on("error", (error) => {
      this.#connectionError = error;
      this.#log.debug("Redis connection error", error);
    });
    return client;
  }
}

const linkArgs = (name: LinkName): string[] => [linkKey(name), indexKey(name), name.service];
const statusArgs = ({ address, revision, state, load }: PodStatus): string[] => [address, revision, state, `${load}`];
