import { connect, type Socket } from "node:net";
import type { FailureKind } from "../errors.ts";
import type { AnswerHead } from "./answer-head.ts";
import { AnswerReader } from "./answer-reader.ts";
import type { PodRequest, RequestControl, TakeBytes } from "./pod-request.ts";
import { writeRequest } from "./write-request.ts";

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
  /** Set from the moment on when the protocol has changed. */
  #takeBytes: TakeBytes | undefined;

  /** One that `canSwitch` protocols serves no second request. */
  constructor(home: ConnectionHome, canSwitch: boolean) {
    this.#home = home;
    this.#canSwitch = canSwitch;
    this.#activeTick = home.tick;
    const { host, port } = home;
    const onread = { buffer: readBuffer, callback: this.#onRead };
    this.#socket = connect({ host, port, noDelay: true, onread });
    this.#socket.on("connect", this.#onConnect).on("drain", this.#onDrain).on("end", this.#onEnd);
    this.#socket.on("error", this.#onError).on("close", this.#onClose);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  send(request: PodRequest): void {
    this.#request = request;
    this.#hasHeard = false;
    this.#activeTick = this.#home.tick;
    request.onSend(this);
    const sending = writeRequest(this.#socket, request);
    this.#isSent = sending === undefined;
    if (sending !== undefined) void this.#watch(sending, request);
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

  async #watch(sending: Promise<void>, request: PodRequest): Promise<void> {
    try {
      await sending;
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

  #read(size: number): void {
    const request = this.#request;
    // Nobody has asked: whatever this is, it must not become the answer to the next request.
    if (request === undefined) return void this.#socket.destroy();
    this.#activeTick = this.#home.tick;
    this.#hasHeard = true;
    try {
      const end = this.#reader.read(request, readBuffer, size);
      const { head } = this.#reader;
      if (end < 0) request.onPause();
      else if (head?.status === 101) this.#handOver(request, head, end, size);
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

  /** What came behind the head, up to `to`, is not for us any more. */
  #handOver(request: PodRequest, head: AnswerHead, from: number, to: number): void {
    const socket = this.#socket;
    socket.off("connect", this.#onConnect).off("drain", this.#onDrain).off("end", this.#onEnd);
    socket.off("error", this.#onError).off("close", this.#onClose);
    this.#request = undefined;
    this.#home.onClose(this);
    this.#takeBytes = request.onUpgrade(head, socket);
    if (to > from) this.#takeBytes(readBuffer, from, to);
  }

  readonly #onRead = (size: number): boolean => {
    if (this.#takeBytes === undefined) this.#read(size);
    else this.#takeBytes(readBuffer, 0, size);
    return true;
  };

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
