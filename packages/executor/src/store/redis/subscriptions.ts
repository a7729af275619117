import type { Log } from "../../ports.ts";
import { idlePause } from "../../time.ts";
import type { ServiceName } from "../../types.ts";
import type { StoreEvent } from "../answers.ts";
import type { ClusterClient, RedisClient, RedisNode } from "./client.ts";
import { parseEvent } from "./event-text.ts";
import { eventsChannel } from "./keys.ts";

/** One subscription: a listener may subscribe twice. */
interface Listener {
  readonly service: ServiceName;
  readonly hear: (event: StoreEvent) => void;
}

/** What a client that listens can do besides. */
interface ListeningClient extends RedisClient {
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  ping(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "message", listener: (channel: string, text: string) => void): unknown;
  on(event: "close", listener: () => void): unknown;
}

/** A node that has fallen silent is noticed after this time and one timeout. */
const pingEveryMs = 2000;
const longestPauseMs = 500;

/**
 * Tells listeners what a server publishes. One connection of its own while somebody listens: to any node, for a Cluster
 * sends what is published to all of them. Made anew whenever it breaks or falls silent, with a gap told first.
 */
export class Subscriptions {
  readonly #connect: () => RedisClient;
  readonly #timeoutMs: number;
  readonly #log: Log;
  readonly #listeners = new Map<string, Set<Listener>>();
  #stop: AbortController | undefined;
  #client: ListeningClient | undefined;

  constructor(connect: () => RedisClient, options: { readonly timeoutMs: number; readonly log: Log }) {
    this.#connect = connect;
    this.#timeoutMs = options.timeoutMs;
    this.#log = options.log;
  }

  subscribe(service: ServiceName, hear: (event: StoreEvent) => void): Disposable {
    const channel = eventsChannel(service);
    const entry: Listener = { service, hear };
    const present = this.#listeners.get(channel);
    if (present) present.add(entry);
    else this.#listeners.set(channel, new Set([entry]));
    if (!this.#stop) void this.#run();
    else if (this.#client) this.#join(this.#client, channel, entry, present === undefined);
    return { [Symbol.dispose]: () => this.#leave(channel, entry) };
  }

  close(): void {
    this.#listeners.clear();
    this.#stop?.abort();
    this.#client?.disconnect();
  }

  #join(client: ListeningClient, channel: string, entry: Listener, isNew: boolean): void {
    const listening = isNew ? client.subscribe(channel) : Promise.resolve();
    listening.then(
      () => this.#tell(channel, { kind: "gap" }, [entry]),
      () => client.disconnect(),
    );
  }

  #leave(channel: string, entry: Listener): void {
    const entries = this.#listeners.get(channel);
    if (!entries?.delete(entry) || entries.size > 0) return;
    this.#listeners.delete(channel);
    if (this.#listeners.size === 0) {
      this.#stop?.abort();
      this.#client?.disconnect();
    } else this.#client?.unsubscribe(channel).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    for (let failures = 0; !stop.signal.aborted; failures++) {
      try {
        await this.#listen(stop.signal, () => {
          failures = 0;
        });
      } catch (error) {
        if (failures === 0) this.#log.debug("the subscription to Redis was interrupted", error);
      }
      await idlePause(Math.random() * Math.min(50 * 2 ** failures, longestPauseMs), stop.signal);
    }
    if (this.#stop === stop) this.#stop = undefined;
    // Somebody may have subscribed while the last connection ended.
    if (!this.#stop && this.#listeners.size > 0) void this.#run();
  }

  /** Until the connection breaks. */
  async #listen(signal: AbortSignal, onReady: () => void): Promise<void> {
    const client = await this.#open();
    const ended = new Promise<void>((resolve) => client.on("close", resolve));
    // What matters of it ends the subscription, which is told.
    client.on("error", () => undefined);
    client.on("message", (channel, text) => {
      for (const listener of this.#listeners.get(channel) ?? []) {
        const event = parseEvent(text, listener.service);
        if (event) this.#tell(channel, event, [listener]);
      }
    });
    const timer = setInterval(() => void this.#ping(client), pingEveryMs).unref();
    try {
      await client.connect();
      if (signal.aborted) return;
      const channels = [...this.#listeners.keys()];
      await client.subscribe(...channels);
      this.#client = client;
      onReady();
      for (const channel of this.#listeners.keys()) {
        if (!channels.includes(channel)) await client.subscribe(channel);
        this.#tell(channel, { kind: "gap" }, this.#listeners.get(channel) ?? []);
      }
      await ended;
    } finally {
      clearInterval(timer);
      if (this.#client === client) this.#client = undefined;
      client.disconnect();
    }
  }

  async #open(): Promise<ListeningClient> {
    const client = this.#connect();
    const options = { retryStrategy: null, sentinelRetryStrategy: null, lazyConnect: true, maxRetriesPerRequest: 0 };
    const single = (node: RedisNode | RedisClient): ListeningClient =>
      (node as unknown as { duplicate(options: object): ListeningClient }).duplicate(options);
    try {
      if (!client.isCluster) return single(client);
      client.on("error", () => undefined);
      await client.connect();
      const nodes = (client as ClusterClient).nodes("master");
      return single(nodes[Math.floor(Math.random() * nodes.length)]!);
    } finally {
      client.disconnect();
    }
  }

  async #ping(client: ListeningClient): Promise<void> {
    const timer = setTimeout(() => client.disconnect(), this.#timeoutMs).unref();
    try {
      await client.ping();
    } catch {
      client.disconnect();
    } finally {
      clearTimeout(timer);
    }
  }

  #tell(channel: string, event: StoreEvent, listeners: Iterable<Listener>): void {
    for (const listener of listeners) {
      try {
        listener.hear(event);
      } catch (error) {
        this.#log.error(`a listener to ${channel} failed`, error);
      }
    }
  }
}
