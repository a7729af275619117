import { ExecutorError } from "../../errors.ts";
import { parseLoadState } from "../../load-state.ts";
import type {
  Link,
  LinkExpectation,
  LinkLifetime,
  LinkName,
  Owner,
  PodId,
  PodState,
  ReportedState,
  ServiceName,
} from "../../types.ts";
import type { HeldLink, LinkRenewal, RenewLinksOptions, SetLinkResult, TrySetLinkResult } from "../answers.ts";
import { retentionMs } from "../memory-states.ts";
import type { Connection } from "./connection.ts";
import type { Layout } from "./layout.ts";
import { indexKey, linkKey, statesKey, workloadKey } from "./legacy-keys.ts";
import { lifetimeText } from "./link-text.ts";
import type { ScriptName } from "./scripts.ts";

type LinkReply = readonly [applied: number, pod?: string | null, leftMs?: number | null];

const parsePod = (text: string): PodId => {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new ExecutorError("CORRUPT_VALUE", `a link must be a pod id, got ${JSON.stringify(text.slice(0, 80))}`);
};

// What is left stands for the lifetime, which is not kept in this layout.
const linkOf = (pod: string | null | undefined, leftMs: number | null | undefined): Link | undefined =>
  typeof pod === "string"
    ? legacyLink(parsePod(pod), (leftMs ?? -1) < 0 ? "persistent" : Math.max(Math.ceil(leftMs! / 1000), 1))
    : undefined;

const legacyLink = (pod: PodId, lifetimeSeconds: LinkLifetime): Link => {
  return { pod, incarnation: 0, fence: 0, lifetimeSeconds, origin: "new" };
};

/** The keys and values of the Go and Java versions: a link names a pod, without incarnation and fence. */
export class LegacyLayout implements Layout {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async getLink(name: LinkName): Promise<Link | undefined> {
    const [link] = await this.#links([linkKey(name)]);
    return link;
  }

  async getLinks(service: ServiceName, uids: readonly string[]): Promise<(Link | undefined)[]> {
    const keys = uids.map((uid) => linkKey({ ...service, uid }));
    return this.#connection.gather(keys, (some) => this.#links(some));
  }

  async linkedServices(namespace: string, uid: string): Promise<Map<string, Link>> {
    const index = indexKey({ namespace, uid });
    const listed = Object.entries(
      await this.#connection.call<Record<string, string>>("linkedServices", "hgetall", [index]),
    );
    if (listed.length === 0) return new Map();
    const services = listed.map(([service]) => service);
    const keys = services.map((service) => linkKey({ namespace, service, uid }));
    const links = await this.#links(keys);
    const found = new Map<string, Link>();
    let isWrong = false;
    for (const [position, [service, pod]] of listed.entries()) {
      const link = links[position];
      const isPersistent = link?.lifetimeSeconds === "persistent";
      if (isPersistent) found.set(service, link);
      if (!isPersistent || `${link.pod}` !== pod) isWrong = true;
    }
    if (isWrong) await this.#connection.run("legacyMendIndex", [index, ...keys], services);
    return found;
  }

  async linkIfAbsent(
    name: LinkName,
    { pod }: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ link: Link; created: boolean }> {
    const reply = await this.#link("legacyLinkIfAbsent", name, [`${pod}`, lifetimeText(lifetimeSeconds)]);
    const present = linkOf(reply[1], reply[2]);
    return { link: present ?? legacyLink(pod, lifetimeSeconds), created: reply[0] === 1 };
  }

  async setLink(name: LinkName, { pod }: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult> {
    const reply = await this.#link("legacySetLink", name, [`${pod}`, lifetimeText(lifetimeSeconds)]);
    return { link: legacyLink(pod, lifetimeSeconds), previous: linkOf(reply[1], reply[2]) };
  }

  async trySetLink(name: LinkName, { pod }: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult> {
    const reply = await this.#link("legacyTrySetLink", name, [`${pod}`, lifetimeText(lifetimeSeconds)]);
    const previous = linkOf(reply[1], reply[2]);
    const applied = reply[0] === 1;
    return { applied, link: applied ? legacyLink(pod, lifetimeSeconds) : previous!, previous };
  }

  async takeOver(name: LinkName, expected: Link, { pod }: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    const [taken, text, leftMs] = await this.#link("legacyTakeOver", name, [`${expected.pod}`, `${pod}`]);
    return { link: linkOf(text, leftMs), taken: taken === 1 };
  }

  async renewLinks(
    service: ServiceName,
    { pod }: Owner,
    links: readonly HeldLink[],
    { reassertUntilMs = 0 }: RenewLinksOptions = {},
  ): Promise<LinkRenewal[]> {
    return Promise.all(links.map((link) => this.#renew(service, pod, link, reassertUntilMs > 0)));
  }

  async removeLink(name: LinkName, expected?: LinkExpectation, graceSeconds = 0): Promise<boolean> {
    const args = [name.service, `${graceSeconds}`, expected ? `${expected.pod}` : ""];
    return (await this.#connection.run("legacyRemoveLink", [linkKey(name), indexKey(name)], args)) === 1;
  }

  async setPodState(service: ServiceName, pod: PodId, state: string): Promise<void> {
    const key = statesKey(service);
    await this.#connection.call("setPodState", "hset", [key, `${pod}`, state]);
  }

  async podStates(service: ServiceName): Promise<PodState[]> {
    const key = statesKey(service);
    const fields = await this.#connection.call<Record<string, string>>("podStates", "hgetall", [key]);
    const states: PodState[] = [];
    const dead: string[] = [];
    for (const [field, state] of Object.entries(fields)) {
      if (!/^\d{1,10}$/.test(field)) continue;
      const reported = reportedState(state);
      if ((reported.ageMs ?? 0) > retentionMs) dead.push(field, state);
      else states.push({ pod: Number(field), ...reported });
    }
    if (dead.length > 0) await this.#connection.run("legacyDropStates", [key], dead);
    return states.sort((a, b) => a.pod - b.pod);
  }

  async setWorkloadState(service: ServiceName, state: string): Promise<void> {
    const key = workloadKey(service);
    await this.#connection.call("setWorkloadState", "set", [key, state]);
  }

  async workloadStates(namespace: string, services: readonly string[]): Promise<(ReportedState | undefined)[]> {
    const keys = services.map((service) => workloadKey({ namespace, service }));
    const read = (some: readonly string[]) =>
      this.#connection.call<(string | null)[]>("workloadStates", "mget", [...some]);
    const texts = await this.#connection.gather(keys, read);
    // The words by which the other versions say "none".
    return texts.map((text) => (!text || text === "null" || text === "nil" ? undefined : reportedState(text)));
  }

  async #renew(
    service: ServiceName,
    pod: PodId,
    { uid, lifetimeSeconds }: HeldLink,
    reassert: boolean,
  ): Promise<LinkRenewal> {
    const args = [`${pod}`, lifetimeText(lifetimeSeconds), reassert ? "1" : "0"];
    const [kept, text, leftMs] = await this.#link("legacyRenewLink", { ...service, uid }, args);
    const link = linkOf(text, leftMs);
    if (kept !== 1 || !link) return { kept: false, link };
    return { kept: true, link, leftMs: (leftMs ?? -1) < 0 ? Number.POSITIVE_INFINITY : leftMs! };
  }

  async #links(keys: readonly string[]): Promise<(Link | undefined)[]> {
    const reply = (await this.#connection.run("legacyGetLinks", keys)) as (string | number | null)[];
    return keys.map((_, index) => linkOf(reply[2 * index] as string | null, reply[2 * index + 1] as number | null));
  }

  async #link(script: ScriptName, name: LinkName, args: readonly string[]): Promise<LinkReply> {
    const keys = [linkKey(name), indexKey(name)];
    return (await this.#connection.run(script, keys, [name.service, ...args])) as LinkReply;
  }
}

// By this machine's clock, for the writers of this layout use theirs.
const reportedState = (state: string): ReportedState => {
  const parsed = parseLoadState(state);
  return { state, ageMs: parsed && Date.now() - parsed.atMs };
};
