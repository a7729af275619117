import type { Owner, PodId, PodRecord, PodStatus, ServiceName } from "../../types.ts";
import type { AcquireResult, RenewResult, SealResult, StatefulStore } from "../store.ts";
import type { Connection } from "./connection.ts";
import { podsKey, pulseKey } from "./keys.ts";
import { parsePods } from "./pod-text.ts";

type Leases = Pick<StatefulStore, "acquirePod" | "renewPod" | "releasePod" | "sealPod" | "pods">;

/** Pods and their leases, the same in both layouts. */
export class PodLeases implements Leases {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async acquirePod(
    service: ServiceName,
    pod: PodId,
    token: string,
    status: PodStatus,
    leaseMs: number,
  ): Promise<AcquireResult> {
    const args = [`${pod}`, token, `${leaseMs}`, ...statusArgs(status)];
    const [word, value] = (await this.#connection.run("acquirePod", keysOf(service), args)) as [string, string];
    if (word === "acquired") return { acquired: true, incarnation: Number(value) };
    return { acquired: false, leaseLeftMs: Number(value) };
  }

  async renewPod(service: ServiceName, owner: Owner, status: PodStatus, leaseMs: number): Promise<RenewResult> {
    const args = [`${owner.pod}`, `${owner.incarnation}`, `${leaseMs}`, ...statusArgs(status)];
    const [word] = (await this.#connection.run("renewPod", keysOf(service), args)) as [
      "renewed" | "recreated" | "sealed" | "superseded",
    ];
    if (word === "sealed" || word === "superseded") return { renewed: false, reason: word };
    return { renewed: true, recreated: word === "recreated" };
  }

  async releasePod(service: ServiceName, { pod, incarnation }: Owner): Promise<boolean> {
    return (await this.#connection.run("releasePod", [podsKey(service)], [`${pod}`, `${incarnation}`])) === 1;
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
const statusArgs = ({ address, revision, state, load }: PodStatus): string[] => [address, revision, state, `${load}`];
