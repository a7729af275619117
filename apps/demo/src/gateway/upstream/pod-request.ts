import type { Socket } from "node:net";
import type { FailureKind } from "../errors.ts";
import type { AnswerHead } from "./answer-head.ts";
import type { StreamedBody } from "./streamed-body.ts";

/** The body of a request: none, one that is known in full, or one that comes by and by. */
export type Body = Buffer | StreamedBody | null;

/** What can be done to a request under way. */
export interface RequestControl {
  /** Stops reading the answer; the pod's clock stands still meanwhile. */
  pause(): void;
  resume(): void;
  /** Gives the request up, without a word to its {@link PodRequest}. */
  abort(): void;
}

/** Takes what a pod says after it has switched protocols. The bytes are good only until the call returns. */
export type TakeBytes = (bytes: Buffer, from: number, to: number) => void;

/** A request to a pod and the receiver of its answer: the head, the body in pieces, then the end, or a failure. */
export interface PodRequest {
  readonly method: string;
  /** The request line and all headers, also those that frame the body, without the empty line. */
  readonly head: string;
  readonly body: Body;
  readonly isUpgrade: boolean;
  /** Not over a kept connection. */
  readonly wantsFresh: boolean;
  /** Its client has left before it was sent. */
  readonly isAborted: boolean;
  /** It is about to be written. */
  onSend(control: RequestControl): void;
  /** A head with a status below 200, but not the 101. */
  onInformation(head: AnswerHead): void;
  onHead(head: AnswerHead): void;
  /** The bytes are good only until the next {@link onPause}. */
  onBody(bytes: Buffer, from: number, to: number): void;
  /** What has arrived so far is told; more takes time. */
  onPause(): void;
  onEnd(): void;
  /** The pod has switched protocols; `socket` is the receiver's now. What it reads is not an event but goes to the function returned. */
  onUpgrade(head: AnswerHead, socket: Socket): TakeBytes;
  onFailure(kind: FailureKind, error: Error): void;
}
