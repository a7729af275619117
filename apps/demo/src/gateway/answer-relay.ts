import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { wire } from "@route/executor";
import type { Dispatcher } from "undici";
import { answerHeaders, type RawHeaders } from "./headers.ts";

/** How sending a request to a pod ended. `refused` and `not-sent` requests certainly did not run. */
export type Outcome =
  | { readonly is: "answered" | "refused"; readonly error?: undefined }
  | { readonly is: "not-sent" | "broken"; readonly error: Error };

/** What a pod that switched protocols leaves to its caller. */
export interface Upgraded {
  readonly rawHeaders: readonly (Buffer | string)[];
  readonly socket: Duplex;
}

/** Options of {@link AnswerRelay}. */
export interface AnswerRelayOptions {
  readonly res: ServerResponse;
  readonly setCookie?: string | undefined;
  /** Asked when an answer begins: whether the client's connection ends with it. */
  readonly isLast: () => boolean;
  readonly onUpgrade?: ((upgraded: Upgraded) => void) | undefined;
  /** Once. */
  readonly onOutcome: (outcome: Outcome) => void;
}

/** Up to this size a copy is cheaper than a gathering write. */
const joinBytes = 8192;

const answered: Outcome = Object.freeze({ is: "answered" });
const refused: Outcome = Object.freeze({ is: "refused" });

/**
 * Relays one answer of a pod as it comes, at the client's pace. A head and a first piece that arrive together leave
 * together; an answer that is complete by then becomes a single write.
 */
export class AnswerRelay implements Dispatcher.DispatchHandler {
  readonly #options: AnswerRelayOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #gone: Error | undefined;
  #refused = false;
  #status = 0;
  #headers: RawHeaders = [];
  #hasLength = false;
  #held: Buffer | undefined;
  #begun = false;
  #ended = false;

  constructor(options: AnswerRelayOptions) {
    this.#options = options;
  }

  /** Ends the request to the pod: its client has left. */
  abort(reason: Error): void {
    this.#gone = reason;
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#gone) controller.abort(this.#gone);
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    _headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#ended = true;
    this.#options.onUpgrade?.({ rawHeaders: controller.rawHeaders as Buffer[], socket });
    this.#options.onOutcome(answered);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      relayInformation(this.#options.res, status, headers);
      return;
    }
    if (status === 421 && headers[wire.refusedHeader] !== undefined) {
      this.#refused = true;
      return;
    }
    const isChunked = headers["transfer-encoding"] !== undefined;
    this.#status = status;
    this.#hasLength = !isChunked && headers["content-length"] !== undefined;
    this.#headers = answerHeaders(controller.rawHeaders as Buffer[], headers.connection, isChunked);
    if (this.#options.setCookie !== undefined) this.#headers.push("set-cookie", this.#options.setCookie);
    // Whatever arrived with the head is here before the next tick.
    process.nextTick(flush, this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#refused) return;
    if (!this.#begun) {
      if (this.#held === undefined) {
        this.#held = chunk;
        return;
      }
      this.flush();
    }
    this.#write(controller, chunk);
  }

  onResponseEnd(): void {
    if (this.#refused) {
      this.#options.onOutcome(refused);
      return;
    }
    this.#ended = true;
    const { res } = this.#options;
    if (this.#begun) res.end();
    else {
      const { req } = res;
      const bodiless = req.method === "HEAD" || this.#status === 204 || this.#status === 304;
      if (!this.#hasLength && !bodiless) this.#headers.push("content-length", `${this.#held?.length ?? 0}`);
      this.#begin();
      // As text head and body become one string and one plain write; as bytes they would be gathered from two places.
      if (this.#held && this.#held.length <= joinBytes) res.end(this.#held.toString("latin1"), "latin1");
      else res.end(this.#held);
    }
    this.#options.onOutcome(answered);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onOutcome({ is: this.#controller ? "broken" : "not-sent", error });
  }

  /** Sends what is held back. */
  flush(): void {
    if (this.#begun || this.#ended) return;
    this.#begin();
    if (this.#held === undefined) this.#options.res.flushHeaders();
    else if (this.#controller) this.#write(this.#controller, this.#held);
    this.#held = undefined;
  }

  #begin(): void {
    const { res, isLast } = this.#options;
    this.#begun = true;
    if (isLast()) res.shouldKeepAlive = false;
    res.writeHead(this.#status, this.#headers);
  }

  #write(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { res } = this.#options;
    if (res.write(chunk)) return;
    controller.pause();
    res.once("drain", () => controller.resume());
  }
}

const flush = (relay: AnswerRelay): void => relay.flush();

// 100 is the gateway's own affair, and 101 comes another way. Of the others two can be sent on with node:http.
const relayInformation = (res: ServerResponse, status: number, headers: IncomingHttpHeaders): void => {
  if (res.headersSent || res.req.httpVersion !== "1.1") return;
  if (status === 102) res.writeProcessing();
  const link = headers["link"] as string | string[] | undefined;
  if (status !== 103 || link === undefined) return;
  try {
    res.writeEarlyHints({ link });
  } catch {
    // A hint that node:http finds malformed is not worth an answer.
  }
};
