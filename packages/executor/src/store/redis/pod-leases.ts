import type { Owner, PodId, PodRecord, PodStatus, ServiceName } from "../../types.ts";
import type { AcquireResult, Letter, RenewResult, SealResult } from "../answers.ts";
import type { StatefulStore } from "../store.ts";
import type { Connection } from "./connection.ts";
import { mailboxKey, podsKey, pulseKey } from "./keys.ts";
import { parsePods } from "./pod-text.ts";

type Leases = Pick<
  StatefulStore,
  "acquirePod" | "renewPod" | "releasePod" | "sealPod" | "pods" | "sendLetters" | "readLetters"
>;

/** Pods and their leases, the same in both layouts. */
export class PodLeases implements Leases {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId | undefined,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    const args = [`${pod ?? ""}`, token, `${leaseMs}`, ...statusArgs(status)];
    const reply = (await this.#connection.run("acquirePod", keysOf(service), args)) as string[];
    const [word, value, incarnation] = reply;
    if (word === "acquired") return { acquired: true, pod: Number(value), incarnation: Number(incarnation) };
    return { acquired: false, leaseLeftMs: Number(value) };
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    const args = [`${owner.pod}`, `${owner.incarnation}`, `${leaseMs}`, ...statusArgs(status)];
    const keys = [...keysOf(service), mailboxKey(service, owner.pod)];
    const [word, nowMs, letters] = (await this.#connection.run("renewPod", keys, args)) as [
      "renewed" | "recreated" | "sealed" | "superseded",
      string,
      number,
    ];
    if (word === "sealed" || word === "superseded") return { renewed: false, reason: word };
    return { renewed: true, recreated: word === "recreated", letters, nowMs: Number(nowMs) };
  }

  async releasePod(service: ServiceName, { pod, incarnation }: Owner, returnMs = 0): Promise<boolean> {
    const args = [`${pod}`, `${incarnation}`, `${Math.ceil(returnMs)}`];
    return (await this.#connection.run("releasePod", [podsKey(service)], args)) === 1;
  }

  async sendLetters(service: ServiceName, pod: PodId, texts: readonly string[]): Promise<void> {
    if (texts.length > 0) await this.#connection.run("sendLetters", [mailboxKey(service, pod)], [`${pod}`, ...texts]);
  }

  async readLetters(
    service: ServiceName,
    { pod, incarnation }: Owner,
    after: string,
    limit: number,
  ): Promise<Letter[]> {
    const keys = [mailboxKey(service, pod), podsKey(service)];
    const args = [`${pod}`, `${incarnation}`, after, `${limit}`];
    const reply = (await this.#connection.run("readLetters", keys, args)) as string[];
    const letters: Letter[] = [];
    for (let index = 0; index + 1 < reply.length; index += 2)
      letters.push({ id: reply[index]!, text: reply[index + 1]! });
    return letters;
  }

  async sealPod(service: ServiceName, { pod, incarnation }: Owner): Promise<SealResult> {
    const reply = await this.#connection.run("sealPod", keysOf(service), [`${pod}`, `${incarnation}`]);
    const [word, waitMs] = reply as ["sealed" | "alive" | "silent" | "young", string];
    return word === "sealed" ? { sealed: true } : { sealed: false, reason: word, waitMs: Number(waitMs) };
  }

  async pods(service: ServiceName): Promise<PodRecord[]> {
    return parsePods((await this.#connection.run("listPods", [podsKey(service)])) as string[]);
  }
}

const keysOf = (service: ServiceName): string[] => [podsKey(service), pulseKey(service)];
const statusArgs = ({ state, ...words }: PodStatus): string[] => [state, JSON.stringify(words)];
