import { connect, type Socket } from "node:net";
import type { AnswerHead } from "./answer-head.ts";
import { AnswerReader } from "./answer-reader.ts";
import type { FailureKind, PodRequest, RequestControl } from "./pod-request.ts";
import { writeBody } from "./write-body.ts";

/** Where a connection belongs. */
export interface ConnectionHome {
  readonly host: string;
  readonly port: number;
  /** Counts up in even steps of time. */
  readonly tick: number;
  /** The connection may take another request. */
  onFree(connection: PodConnection): void;
  onClose(connection: PodConnection): void;
}

/** For how many ticks a connection may be silent, by what it waits for. */
export interface Patience {
  readonly connectTicks: number;
  readonly answerTicks: number;
  readonly idleTicks: number;
}

/** Up to this size head and body leave as one string, which is cheaper than to gather them from two places. */
const joinBytes = 8192;
// One for all connections: what is read is copied or passed on before the next read begins.
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** A connection to a pod, for one request at a time. */
export class PodConnection implements RequestControl {
  readonly #home: ConnectionHome;
  readonly #socket: Socket;
  readonly #canSwitch: boolean;
  readonly #reader = new AnswerReader();
  #request: PodRequest | undefined;
  #activeTick: number;
  #isConnected = false;
  #isReused = false;
  #hasHeard = false;
  #isSent = false;
  #isPaused = false;
  #failure: FailureKind | undefined;
  #cause: Error | undefined;

  /** One that `canSwitch` protocols hands its socket over after a 101, and serves no second request. */
  constructor(home: ConnectionHome, canSwitch: boolean) {
    this.#home = home;
    this.#canSwitch = canSwitch;
    this.#activeTick = home.tick;
    const options = { host: home.host, port: home.port, noDelay: true };
    if (canSwitch) this.#socket = connect(options).on("data", this.#onData);
    else this.#socket = connect({ ...options, onread: { buffer: readBuffer, callback: this.#onRead } });
    this.#socket.on("connect", this.#onConnect).on("drain", this.#onDrain).on("end", this.#onEnd);
    this.#socket.on("error", this.#onError).on("close", this.#onClose);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  send(request: PodRequest): void {
    this.#request = request;
    this.#hasHeard = false;
    this.#isSent = true;
    this.#activeTick = this.#home.tick;
    request.onSend(this);
    const { head, body } = request;
    const socket = this.#socket;
    if (body === null) socket.write(`${head}\r\n`, "latin1");
    else if (!Buffer.isBuffer(body)) this.#isSent = false;
    else if (body.length <= joinBytes) socket.write(`${head}\r\n${body.toString("latin1")}`, "latin1");
    else {
      socket.cork();
      socket.write(`${head}\r\n`, "latin1");
      socket.write(body);
      socket.uncork();
    }
    if (!this.#isSent) void this.#sendStream(request);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#activeTick = this.#home.tick;
    this.#socket.resume();
  }

  abort(): void {
    this.#request = undefined;
    this.#socket.destroy();
  }

  /** Closes a connection that has been silent for too long. */
  check({ connectTicks, answerTicks, idleTicks }: Patience): void {
    const silentTicks = this.#home.tick - this.#activeTick;
    const isWaiting = this.#isSent || this.#socket.writableNeedDrain;
    if (!this.#isConnected) {
      if (silentTicks > connectTicks) this.#fail("not-sent", new Error("the pod accepts no connection"));
    } else if (this.#request === undefined) {
      if (silentTicks > idleTicks) this.#socket.destroy();
    } else if (silentTicks > answerTicks && isWaiting && !this.#isPaused) {
      this.#fail("timeout", new Error("the pod is silent"));
    }
  }

  async #sendStream(request: PodRequest): Promise<void> {
    try {
      this.#socket.write(`${request.head}\r\n`, "latin1");
      await writeBody(this.#socket, request.body as Exclude<PodRequest["body"], Buffer | null>);
      if (this.#request !== request) return;
      this.#isSent = true;
      this.#activeTick = this.#home.tick;
    } catch (error) {
      if (this.#request === request) this.#fail("broken", error as Error);
    }
  }

  // The listener of 'close' tells the request.
  #fail(kind: FailureKind, cause: Error): void {
    this.#failure ??= kind;
    this.#cause ??= cause;
    this.#socket.destroy();
  }

  #read(bytes: Buffer, size: number): void {
    const request = this.#request;
    // Nobody has asked: whatever this is, it must not become the answer to the next request.
    if (request === undefined) return void this.#socket.destroy();
    this.#activeTick = this.#home.tick;
    this.#hasHeard = true;
    try {
      const end = this.#reader.read(request, bytes, size);
      const { head } = this.#reader;
      if (end < 0) request.onPause();
      else if (head?.status === 101) this.#handOver(request, head, bytes.subarray(end, size));
      else this.#complete(request, end === size);
    } catch (error) {
      this.#fail("broken", error as Error);
    }
  }

  /** An answer that `isClean` has nothing behind it. */
  #complete(request: PodRequest, isClean: boolean): void {
    const isReusable = isClean && this.#isSent && !this.#canSwitch && this.#reader.head?.keepsAlive === true;
    this.#request = undefined;
    this.#reader.reset();
    if (isReusable && this.#isPaused) this.resume();
    request.onEnd();
    if (!isReusable || !this.isOpen) return void this.#socket.destroy();
    this.#isReused = true;
    this.#home.onFree(this);
  }

  #handOver(request: PodRequest, head: AnswerHead, rest: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#onData).off("connect", this.#onConnect).off("drain", this.#onDrain);
    socket.off("end", this.#onEnd).off("error", this.#onError).off("close", this.#onClose);
    this.#request = undefined;
    this.#home.onClose(this);
    socket.pause();
    if (rest.length > 0) socket.unshift(rest);
    request.onUpgrade(head, socket);
  }

  readonly #onRead = (size: number): boolean => {
    this.#read(readBuffer, size);
    return true;
  };

  readonly #onData = (bytes: Buffer): void => this.#read(bytes, bytes.length);

  readonly #onConnect = (): void => {
    this.#isConnected = true;
  };

  readonly #onDrain = (): void => {
    this.#activeTick = this.#home.tick;
  };

  readonly #onEnd = (): void => {
    if (this.#request && this.#reader.head?.bodyEnd === "close") this.#complete(this.#request, true);
    this.#socket.destroy();
  };

  readonly #onError = (error: Error): void => {
    this.#cause ??= error;
  };

  readonly #onClose = (): void => {
    this.#home.onClose(this);
    const request = this.#request;
    this.#request = undefined;
    if (request === undefined) return;
    const kind = this.#isConnected ? (this.#isReused && !this.#hasHeard ? "stale" : "broken") : "not-sent";
    request.onFailure(this.#failure ?? kind, this.#cause ?? new Error("the pod closed the connection"));
  };
}
