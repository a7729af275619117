import {
  type AcquireResult,
  ExecutorError,
  type HandedState,
  type HeldLink,
  type Letter,
  type Link,
  type LinkExpectation,
  type LinkLifetime,
  type LinkName,
  type LinkRenewal,
  type MoveResult,
  type Owner,
  type PodId,
  type PodRecord,
  type PodState,
  type PodStatus,
  type RenewLinksOptions,
  type RenewResult,
  type ReportedState,
  type SealResult,
  type ServiceName,
  type SetLinkResult,
  type StatefulStore,
  type StoreEvent,
  type TakenUpLink,
  type Tenure,
  type TrySetLinkResult,
} from "@route/executor";
import { type Channel, isStoreNews, isStoreReply } from "./channel.ts";

interface Waiting {
  readonly operation: string;
  readonly timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: ExecutorError): void;
}

/** The store of another process, reached over Node's IPC channel. The channel must use `serialization: "advanced"`. */
export class IpcStore implements StatefulStore {
  readonly #channel: Channel;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<number, (event: StoreEvent) => void>();
  #nextId = 1;
  #closed: "CLOSED" | "UNAVAILABLE" | undefined;

  /**
   * Without an answer from the other process within `timeoutMs`, a call fails with `TIMEOUT`. A process that is gone is told
   * of at once; one that is merely busy may take a second.
   */
  constructor(channel: Channel, timeoutMs = 3000) {
    this.#channel = channel;
    this.#timeoutMs = timeoutMs;
    channel.on("message", this.#onMessage);
    channel.on("disconnect", this.#onDisconnect);
  }

  acquirePod(
    service: ServiceName,
    pod: PodId | undefined,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    return this.#call("acquirePod", service, pod, token, status, leaseMs);
  }

  renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    return this.#call("renewPod", service, owner, status, leaseMs);
  }

  releasePod(service: ServiceName, owner: Owner, returnMs?: number): Promise<boolean> {
    return this.#call("releasePod", service, owner, returnMs);
  }

  sealPod(service: ServiceName, owner: Owner): Promise<SealResult> {
    return this.#call("sealPod", service, owner);
  }

  pods(service: ServiceName): Promise<PodRecord[]> {
    return this.#call("pods", service);
  }

  sendLetters(service: ServiceName, pod: PodId, texts: readonly string[]): Promise<void> {
    return this.#call("sendLetters", service, pod, texts);
  }

  readLetters(service: ServiceName, owner: Owner, after: string, limit: number): Promise<Letter[]> {
    return this.#call("readLetters", service, owner, after, limit);
  }

  getLink(name: LinkName): Promise<Link | undefined> {
    return this.#call("getLink", name);
  }

  getLinks(service: ServiceName, uids: readonly string[]): Promise<(Link | undefined)[]> {
    return this.#call("getLinks", service, uids);
  }

  linkedServices(namespace: string, uid: string): Promise<Map<string, Link>> {
    return this.#call("linkedServices", namespace, uid);
  }

  setLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult> {
    return this.#call("setLink", name, owner, lifetimeSeconds);
  }

  trySetLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult> {
    return this.#call("trySetLink", name, owner, lifetimeSeconds);
  }

  linkIfAbsent(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<{ link: Link; created: boolean }> {
    return this.#call("linkIfAbsent", name, owner, lifetimeSeconds);
  }

  takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    return this.#call("takeOver", name, expected, owner);
  }

  renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    options?: RenewLinksOptions,
  ): Promise<LinkRenewal[]> {
    // Plain copies: what a pod keeps beside its links (timers, signals) cannot cross a process boundary.
    const plain = links.map(({ uid, fence, lifetimeSeconds, origin }) => ({ uid, fence, lifetimeSeconds, origin }));
    return this.#call("renewLinks", service, owner, plain, options);
  }

  takeUpLink(name: LinkName, tenure: Tenure): Promise<TakenUpLink> {
    return this.#call("takeUpLink", name, tenure);
  }

  dropState(name: LinkName, fence: number): Promise<void> {
    return this.#call("dropState", name, fence);
  }

  beginMove(name: LinkName, tenure: Tenure, target: Owner, deadlineMs: number): Promise<MoveResult> {
    return this.#call("beginMove", name, tenure, target, deadlineMs);
  }

  cancelMove(name: LinkName, tenure: Tenure): Promise<MoveResult> {
    return this.#call("cancelMove", name, tenure);
  }

  commitMove(name: LinkName, tenure: Tenure, target: Owner, state?: HandedState): Promise<MoveResult> {
    return this.#call("commitMove", name, tenure, target, state);
  }

  keepState(name: LinkName, tenure: Tenure, state: HandedState): Promise<MoveResult> {
    return this.#call("keepState", name, tenure, state);
  }

  removeLink(name: LinkName, expected?: LinkExpectation, graceSeconds?: number): Promise<boolean> {
    return this.#call("removeLink", name, expected, graceSeconds);
  }

  setPodState(service: ServiceName, pod: PodId, state: string): Promise<void> {
    return this.#call("setPodState", service, pod, state);
  }

  podStates(service: ServiceName): Promise<PodState[]> {
    return this.#call("podStates", service);
  }

  setWorkloadState(service: ServiceName, state: string): Promise<void> {
    return this.#call("setWorkloadState", service, state);
  }

  workloadStates(namespace: string, services: readonly string[]): Promise<(ReportedState | undefined)[]> {
    return this.#call("workloadStates", namespace, services);
  }

  subscribe(service: ServiceName, listener: (event: StoreEvent) => void): Disposable {
    const id = this.#nextId++;
    this.#listeners.set(id, listener);
    this.#channel.send?.({ type: "route-store-subscription", id, service }, () => {});
    const dispose = (): void => {
      if (this.#listeners.delete(id) && !this.#closed) {
        this.#channel.send?.({ type: "route-store-subscription", id }, () => {});
      }
    };
    return { [Symbol.dispose]: dispose };
  }

  replication(): Promise<string> {
    return this.#call("replication");
  }

  async close(): Promise<void> {
    this.#end("CLOSED", "the store is closed");
  }

  async #call<Reply>(operation: string, ...args: unknown[]): Promise<Reply> {
    if (this.#closed) throw new ExecutorError(this.#closed, `${operation}: the store cannot be reached`, { operation });
    const id = this.#nextId++;
    return new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(id, "TIMEOUT", "the process that holds the store did not answer in time"),
        this.#timeoutMs,
      );
      this.#waiting.set(id, { operation, timer, resolve, reject });
      this.#channel.send?.({ type: "route-store-call", id, operation, args }, (error) => {
        if (error) this.#fail(id, "UNAVAILABLE", error.message);
      });
    }) as Promise<Reply>;
  }

  readonly #onMessage = (message: unknown): void => {
    if (isStoreNews(message)) this.#listeners.get(message.id)?.(message.event);
    if (!isStoreReply(message)) return;
    const { id, value, fault } = message;
    const waiting = this.#take(id);
    if (!fault) waiting?.resolve(value);
    else waiting?.reject(new ExecutorError(fault.code, fault.message, { ...fault, operation: waiting.operation }));
  };

  readonly #onDisconnect = (): void => this.#end("UNAVAILABLE", "the process that holds the store is gone");

  #end(code: "CLOSED" | "UNAVAILABLE", message: string): void {
    this.#closed ??= code;
    this.#listeners.clear();
    this.#channel.off("message", this.#onMessage);
    this.#channel.off("disconnect", this.#onDisconnect);
    for (const id of [...this.#waiting.keys()]) this.#fail(id, code, message);
  }

  #fail(id: number, code: "CLOSED" | "UNAVAILABLE" | "TIMEOUT", message: string): void {
    const waiting = this.#take(id);
    const { operation } = waiting ?? {};
    waiting?.reject(
      new ExecutorError(code, `${operation}: ${message}`, {
        retryable: true,
        outcome: "unknown",
        operation: operation ?? "",
      }),
    );
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}
