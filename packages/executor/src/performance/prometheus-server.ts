import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ExecutorError } from "../errors.ts";
import type { Log } from "../ports.ts";
import { silentLog } from "../time.ts";

/** A page with the value of its `Content-Type` header. */
export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** Options of {@link PrometheusServer}. */
export interface PrometheusServerOptions {
  /**
   * Gives the page, e.g. `() => registry.metrics()` or `() => monitor.render()`. A string is taken for the Prometheus
   * text format.
   */
  readonly render: () => string | MetricsPage | Promise<string | MetricsPage>;
  /** Default 9464; 0 lets the system choose. */
  readonly port?: number;
  /** Default `127.0.0.1`: the page is for the machine itself unless you say otherwise. */
  readonly host?: string;
  readonly log?: Log;
}

const defaults = Object.freeze({ port: 9464, host: "127.0.0.1" });

/** The Prometheus text format, version 0.0.4. */
const textFormat = "text/plain; version=0.0.4; charset=utf-8";

/** A scrape under way has this long to end when the server closes. */
const closeGraceMs = 1000;

/** Serves `GET /metrics` and nothing else. */
export class PrometheusServer {
  readonly #render: PrometheusServerOptions["render"];
  readonly #port: number;
  readonly #host: string;
  readonly #log: Log;
  #server: Server | undefined;
  #starting: Promise<void> | undefined;

  constructor({ render, port = defaults.port, host = defaults.host, log = silentLog }: PrometheusServerOptions) {
    this.#render = render;
    this.#port = checkPort(port);
    this.#host = host;
    this.#log = log;
  }

  /** The page's address while the server listens, else `undefined`. */
  get url(): string | undefined {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    if (!address) return undefined;
    return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}/metrics`;
  }

  /** Listens. Rejects with `UNAVAILABLE`, the system's error as its cause, where the address cannot be had. */
  start(): Promise<void> {
    this.#starting ??= this.#listen();
    return this.#starting;
  }

  /** Stops listening and lets a scrape under way end. May be started again. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.#starting = undefined;
    const cut = setTimeout(() => server.closeAllConnections(), closeGraceMs);
    cut.unref();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    clearTimeout(cut);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #listen(): Promise<void> {
    const server = createServer((req, res) => void this.#answer(req, res));
    try {
      server.listen(this.#port, this.#host);
      await once(server, "listening");
      this.#server = server;
    } catch (cause) {
      this.#starting = undefined;
      const message = `cannot listen on ${this.#host}:${this.#port}: ${(cause as Error).message}`;
      throw new ExecutorError("UNAVAILABLE", message, { operation: "listen", cause });
    }
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.url?.split("?", 1)[0] !== "/metrics") return send(res, 404, "not found: the page is /metrics\n");
    if (req.method !== "GET" && req.method !== "HEAD") {
      res.setHeader("allow", "GET, HEAD");
      return send(res, 405, "method not allowed\n");
    }
    try {
      const page = await this.#render();
      if (typeof page === "string") send(res, 200, page, textFormat);
      else send(res, 200, page.body, page.contentType);
    } catch (error) {
      this.#log.error("the metrics page could not be rendered", error);
      send(res, 500, "the metrics page could not be rendered\n");
    }
  }
}

const checkPort = (port: number): number => {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ExecutorError("INVALID_ARGUMENT", `port must be an integer from 0 to 65535, got ${String(port)}`);
};

const send = (res: ServerResponse, status: number, body: string, contentType = "text/plain; charset=utf-8"): void => {
  res.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) }).end(body);
};
