import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FailureKind } from "./errors.ts";
import type { AnswerHead } from "./upstream/answer-head.ts";
import type { Body, PodRequest, RequestControl, TakeBytes } from "./upstream/pod-request.ts";

/** How a request to a pod ended. One that was `refused` certainly did not run. */
export type Outcome =
  | { readonly is: "answered" | "refused"; readonly error?: undefined }
  | { readonly is: FailureKind; readonly error: Error };

/** Whose request an {@link AnswerRelay} relays. */
export interface RelayOwner {
  readonly res: ServerResponse;
  readonly setCookie: string | undefined;
  /** Asked when an answer begins: whether the client's connection ends with it. */
  isLast(): boolean;
  onUpgrade(head: AnswerHead, socket: Socket): TakeBytes;
  /** Once. */
  onOutcome(outcome: Outcome): void;
}

/** What is sent to the pod. */
export type Sent = Pick<PodRequest, "method" | "head" | "body" | "isUpgrade" | "wantsFresh">;

/** Up to this size a copy is cheaper than a gathering write. */
const joinBytes = 8192;

const answered: Outcome = Object.freeze({ is: "answered" });
const refused: Outcome = Object.freeze({ is: "refused" });

/**
 * One request to a pod, whose answer is relayed as it comes, at the client's pace. A head and what arrives with it leave
 * together; an answer that is complete by then becomes a single write.
 */
export class AnswerRelay implements PodRequest {
  readonly method: string;
  readonly head: string;
  readonly body: Body;
  readonly isUpgrade: boolean;
  readonly wantsFresh: boolean;
  isAborted = false;
  readonly #owner: RelayOwner;
  #control: RequestControl | undefined;
  #answer: AnswerHead | undefined;
  #isRefused = false;
  #begun = false;
  // What came with the head: good until onPause.
  #held: Buffer | undefined;
  #heldFrom = 0;
  #heldTo = 0;

  constructor(owner: RelayOwner, { method, head, body, isUpgrade, wantsFresh }: Sent) {
    this.#owner = owner;
    this.method = method;
    this.head = head;
    this.body = body;
    this.isUpgrade = isUpgrade;
    this.wantsFresh = wantsFresh;
  }

  /** Ends the request to the pod, without an outcome: its client has left. */
  abort(): void {
    this.isAborted = true;
    this.#control?.abort();
    this.#control = undefined;
  }

  onSend(control: RequestControl): void {
    this.#control = control;
  }

  // 100 is the gateway's own affair. Of the others two can be sent on with node:http.
  onInformation({ status, headers }: AnswerHead): void {
    const { res } = this.#owner;
    if (res.headersSent || res.req.httpVersion !== "1.1") return;
    if (status === 102) res.writeProcessing();
    const link = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]!.toLowerCase() === "link");
    if (status !== 103 || link.length === 0) return;
    try {
      res.writeEarlyHints({ link });
    } catch {
      // A hint that node:http finds malformed is not worth an answer.
    }
  }

  onHead(answer: AnswerHead): void {
    this.#isRefused = answer.status === 421 && answer.refused !== undefined;
    this.#answer = answer;
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    if (this.#isRefused) return;
    if (!this.#begun && this.#held === undefined) {
      this.#held = bytes;
      this.#heldFrom = from;
      this.#heldTo = to;
      return;
    }
    this.onPause();
    this.#write(bytes, from, to);
  }

  onPause(): void {
    if (this.#begun || this.#answer === undefined || this.#isRefused) return;
    this.#begin(this.#answer);
    if (this.#held === undefined) this.#owner.res.flushHeaders();
    else this.#write(this.#held, this.#heldFrom, this.#heldTo);
    this.#held = undefined;
  }

  onEnd(): void {
    // The connection is another request's from now on.
    this.#control = undefined;
    if (this.#isRefused) {
      this.#owner.onOutcome(refused);
      return;
    }
    if (this.#begun) this.#owner.res.end();
    else this.#sendWhole(this.#answer!);
    this.#owner.onOutcome(answered);
  }

  onUpgrade(head: AnswerHead, socket: Socket): TakeBytes {
    this.#control = undefined;
    return this.#owner.onUpgrade(head, socket);
  }

  onFailure(kind: FailureKind, error: Error): void {
    this.#control = undefined;
    this.#owner.onOutcome({ is: kind, error });
  }

  #begin({ status, headers }: AnswerHead): void {
    const { res, setCookie } = this.#owner;
    this.#begun = true;
    if (this.#owner.isLast()) res.shouldKeepAlive = false;
    if (setCookie !== undefined) headers.push("set-cookie", setCookie);
    res.writeHead(status, headers);
  }

  #sendWhole(answer: AnswerHead): void {
    const { status, headers, hasLength } = answer;
    const { res } = this.#owner;
    const sizeBytes = this.#heldTo - this.#heldFrom;
    const isBodiless = this.method === "HEAD" || status === 204 || status === 304;
    if (!hasLength && !isBodiless) headers.push("content-length", `${sizeBytes}`);
    this.#begin(answer);
    // As text head and body become one string and one plain write; as bytes they would be gathered from two places.
    if (this.#held === undefined) res.end();
    else if (sizeBytes <= joinBytes) res.end(this.#held.toString("latin1", this.#heldFrom, this.#heldTo), "latin1");
    else res.end(Buffer.from(this.#held.subarray(this.#heldFrom, this.#heldTo)));
    this.#held = undefined;
  }

  #write(bytes: Buffer, from: number, to: number): void {
    const { res } = this.#owner;
    if (res.write(Buffer.from(bytes.subarray(from, to)))) return;
    this.#control?.pause();
    res.once("drain", () => this.#control?.resume());
  }
}
