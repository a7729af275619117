import { type ConnectionHome, type Patience, PodConnection } from "./pod-connection.ts";
import type { PodRequest } from "./pod-request.ts";

/** Time in even steps. */
export interface Ticker {
  readonly tick: number;
}

interface Waiting {
  readonly request: PodRequest;
  readonly sinceTick: number;
}

/** The connections to one pod. */
export class ConnectionPool implements ConnectionHome {
  readonly host: string;
  readonly port: number;
  readonly #ticker: Ticker;
  readonly #maxConnections: number;
  readonly #connections = new Set<PodConnection>();
  readonly #free: PodConnection[] = [];
  #due: PodRequest[] = [];
  #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(address: string, maxConnections: number, ticker: Ticker) {
    const colon = address.lastIndexOf(":");
    this.host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
    this.port = Number(address.slice(colon + 1));
    this.#maxConnections = maxConnections;
    this.#ticker = ticker;
  }

  get tick(): number {
    return this.#ticker.tick;
  }

  get isUnused(): boolean {
    return this.#connections.size === 0 && this.#due.length === 0 && this.#waiting.length === 0;
  }

  /** Sends a request soon: what kept connections have to say first, a farewell or an answer to nothing, is heard before. */
  send(request: PodRequest): void {
    this.#due.push(request);
    this.#schedule();
  }

  /** Lets go what has been silent, or has waited, for too long. */
  check(patience: Patience): void {
    for (const connection of this.#connections) connection.check(patience);
    const oldest = this.tick - patience.answerTicks;
    while (this.#waiting[0] && this.#waiting[0].sinceTick < oldest) {
      const { request } = this.#waiting.shift()!;
      if (!request.isAborted) request.onFailure("not-sent", new Error("all connections to the pod are busy"));
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.abort();
  }

  onFree(connection: PodConnection): void {
    this.#free.push(connection);
    if (this.#waiting.length > 0) this.#schedule();
  }

  onClose(connection: PodConnection): void {
    this.#connections.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    if (this.#waiting.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(flush, this);
  }

  /** Sends what is due, as far as there are connections. */
  flush(): void {
    this.#isScheduled = false;
    while (this.#waiting[0] && this.#trySend(this.#waiting[0].request)) this.#waiting.shift();
    if (this.#due.length === 0) return;
    const due = this.#due;
    this.#due = [];
    for (const request of due) {
      const isBehind = this.#waiting.length > 0 && !request.isUpgrade;
      if (isBehind || !this.#trySend(request)) this.#waiting.push({ request, sinceTick: this.tick });
    }
  }

  #trySend(request: PodRequest): boolean {
    if (request.isAborted) return true;
    const connection = request.isUpgrade || request.wantsFresh ? undefined : this.#takeFree();
    if (connection === undefined && !request.isUpgrade && this.#connections.size >= this.#maxConnections) return false;
    (connection ?? this.#open(request.isUpgrade)).send(request);
    return true;
  }

  // One that has heard the pod's farewell stays among the free until its socket is closed for good, a little later.
  #takeFree(): PodConnection | undefined {
    let connection = this.#free.pop();
    while (connection !== undefined && !connection.isOpen) connection = this.#free.pop();
    return connection;
  }

  #open(canSwitch: boolean): PodConnection {
    const connection = new PodConnection(this, canSwitch);
    this.#connections.add(connection);
    return connection;
  }
}

const flush = (pool: ConnectionPool): void => pool.flush();
