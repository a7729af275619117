import { Cluster, type Command, Redis } from "ioredis";
import { ExecutorError } from "../../errors.ts";

/** The options of a client that matter here. */
interface ClientOptions {
  readonly keyPrefix?: string | undefined;
  readonly redisOptions?: { readonly keyPrefix?: string | undefined } | undefined;
}

/** The socket of a connection. What is written to it between `cork` and `uncork` goes out together. */
export interface ClientStream {
  cork(): void;
  uncork(): void;
  destroy(): unknown;
}

/** One connection of a client. */
export interface RedisNode {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
  readonly stream?: ClientStream | undefined;
  info(section: string): Promise<string>;
  sendCommand(command: Command): Promise<unknown> | unknown;
}

/** What this package uses of an ioredis client. A `Redis` or a `Cluster` of ioredis 6 fits. */
export interface RedisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: ClientOptions;
  sendCommand(command: Command): Promise<unknown> | unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  quit(): Promise<unknown>;
  disconnect(): void;
}

/** What a client of a cluster has besides. */
export interface ClusterClient extends RedisClient {
  /** The nodes of each slot as `host:port`, the master first. */
  readonly slots: readonly (readonly string[] | undefined)[];
  nodes(role?: "master"): RedisNode[];
  refreshSlotsCache(): void;
}

/** A server's address. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is: exactly one of the four. */
export interface RedisLocation {
  /** e.g. `redis://user:password@host:6379/0`, `rediss://` for TLS. */
  readonly url?: string | undefined;
  /** Some nodes of a Redis Cluster, as URLs; the others are found through them. User and password of the first hold for all. */
  readonly cluster?: readonly string[] | undefined;
  /** The Sentinels that watch the master `masterName`. */
  readonly sentinel?: {
    readonly nodes: readonly RedisAddress[];
    readonly masterName: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly db?: number | undefined;
    readonly sentinelUsername?: string | undefined;
    readonly sentinelPassword?: string | undefined;
  };
  /** An ioredis 6 client, `Redis` or `Cluster`; it is duplicated with our overrides, never used or closed itself. */
  readonly client?: RedisClient | undefined;
}

// Short and capped: an outage ends within this time of the server's return.
const retryDelayMs = (attempt: number): number =>
  Math.min(20 * 2 ** Math.min(attempt, 4), 250) * (0.75 + Math.random() / 2);

/**
 * The options that every connection of ours has. The client's own defaults resend a script whose reply was lost (it then
 * runs twice), queue without bound, and wait for ever for a server that is away.
 */
const connectionOptions = (timeoutMs: number) => ({
  maxRetriesPerRequest: 0,
  connectTimeout: timeoutMs,
  // A master that became a replica keeps its connections; a new one finds the new master.
  reconnectOnError: (error: Error): boolean => error.message.startsWith("READONLY"),
  replyMapping: "legacy" as const,
});

const standaloneOptions = (timeoutMs: number) => ({
  ...connectionOptions(timeoutMs),
  lazyConnect: true,
  retryStrategy: retryDelayMs,
  sentinelRetryStrategy: retryDelayMs,
  // Hears of a planned failover at once; without it the old master goes on acknowledging what will be lost.
  failoverDetector: true,
});

const clusterOptions = (timeoutMs: number) => ({
  lazyConnect: true,
  clusterRetryStrategy: retryDelayMs,
  // It asks any one node, waits for it without a limit, and with it whoever calls. What nodes refuse, callers are told.
  enableReadyCheck: false,
  // One node after the other is asked; the one that is silent must not keep the client from the next.
  slotsRefreshTimeout: Math.max(timeoutMs / 4, 50),
  // The client would send again what may have been applied already.
  retryDelayOnFailover: 0,
  // Told at once, as not applied: waiting inside the client would look like nodes that have fallen silent.
  retryDelayOnClusterDown: 0,
  redisOptions: connectionOptions(timeoutMs),
});

const invalid = (message: string): ExecutorError => new ExecutorError("INVALID_ARGUMENT", message);

const clusterFrom = (urls: readonly string[], tls: object | undefined, timeoutMs: number): Cluster => {
  const nodes = urls.map((url) => new URL(url));
  const [first] = nodes;
  if (!first) throw invalid("cluster must name at least one node");
  const { username, password, protocol } = first;
  const redisOptions = {
    ...connectionOptions(timeoutMs),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === "rediss:" || tls ? { tls: { ...tls } } : {}),
  };
  const addresses = nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) }));
  // Addresses stay names: a certificate is made out to a name.
  const dnsLookup = (address: string, callback: (error: null, address: string) => void) => callback(null, address);
  return new Cluster(addresses, { ...clusterOptions(timeoutMs), redisOptions, dnsLookup });
};

const sentinelFrom = (sentinel: NonNullable<RedisLocation["sentinel"]>, tls: object | undefined, timeoutMs: number) => {
  const { nodes, masterName, ...credentials } = sentinel;
  const given = Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== undefined));
  const options = { ...standaloneOptions(timeoutMs), ...given, ...(tls ? { tls, sentinelTLS: tls } : {}) };
  return new Redis({ ...options, sentinels: nodes.map((node) => ({ ...node })), name: masterName });
};

const duplicate = (client: RedisClient, timeoutMs: number): RedisClient => {
  const { options, isCluster } = client;
  const keyPrefix = options.keyPrefix ?? options.redisOptions?.keyPrefix;
  if (keyPrefix) throw invalid(`client must have no keyPrefix, got ${JSON.stringify(keyPrefix)}`);
  if (isCluster) return (client as unknown as Cluster).duplicate([], clusterOptions(timeoutMs));
  return (client as unknown as Redis).duplicate(standaloneOptions(timeoutMs));
};

/** Makes a new connection for each call of what it returns. Throws `INVALID_ARGUMENT` unless there is one location. */
export const connector = (location: RedisLocation, tls: object | undefined, timeoutMs: number): (() => RedisClient) => {
  const { url, cluster, sentinel, client } = location;
  if ([url, cluster, sentinel, client].filter((value) => value !== undefined).length !== 1) {
    throw invalid("exactly one of url, cluster, sentinel and client must be given");
  }
  const options = { ...standaloneOptions(timeoutMs), ...(tls ? { tls } : {}) };
  return () => {
    if (url !== undefined) return new Redis(url, options);
    if (cluster) return clusterFrom(cluster, tls, timeoutMs) as RedisClient;
    if (sentinel) return sentinelFrom(sentinel, tls, timeoutMs);
    return duplicate(client!, timeoutMs);
  };
};

/** Closes politely, and for certain: `quit` alone can hang while the client reconnects. */
export const disconnect = async (client: RedisClient, timeoutMs: number): Promise<void> => {
  if (client.status === "ready") {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([client.quit().then(undefined, () => undefined), bound]);
    clearTimeout(timer);
  }
  client.disconnect();
};
