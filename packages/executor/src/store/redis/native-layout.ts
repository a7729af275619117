import { ExecutorError } from "../../errors.ts";
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
import type { Connection } from "./connection.ts";
import { indexKey, linkKey, statesKey, workloadKey } from "./keys.ts";
import type { Layout } from "./layout.ts";
import { keysOf, type LinkReply, linkOf, renewalOf, tenureArgs } from "./link-call.ts";
import { lifetimeText, parseLink } from "./link-text.ts";
import type { ScriptName } from "./scripts.ts";

/** Links with incarnation and fence, states with the time at which they were written. */
export class NativeLayout implements Layout {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  getLink(name: LinkName): Promise<Link | undefined> {
    const key = linkKey(name);
    return this.#connection.call<string | null>("getLink", "get", [key]).then(linkOf);
  }

  async getLinks(service: ServiceName, uids: readonly string[]): Promise<(Link | undefined)[]> {
    const keys = uids.map((uid) => linkKey({ ...service, uid }));
    return (await this.#connection.gather(keys, (some) => this.#texts("getLinks", some))).map(linkOf);
  }

  async linkedServices(namespace: string, uid: string): Promise<Map<string, Link>> {
    const index = indexKey({ namespace, uid });
    const services = await this.#connection.call<string[]>("linkedServices", "smembers", [index]);
    if (services.length === 0) return new Map();
    const keys = services.map((service) => linkKey({ namespace, service, uid }));
    const links = (await this.#texts("linkedServices", keys)).map(linkOf);
    const found = new Map<string, Link>();
    const wrong: number[] = [];
    for (const [position, service] of services.entries()) {
      const link = links[position];
      if (link?.lifetimeSeconds === "persistent") found.set(service, link);
      else wrong.push(position);
    }
    if (wrong.length > 0) {
      const wrongKeys = wrong.map((position) => keys[position]!);
      const wrongServices = wrong.map((position) => services[position]!);
      await this.#connection.run("mendIndex", [index, ...wrongKeys], wrongServices);
    }
    return found;
  }

  async linkIfAbsent(
    name: LinkName,
    owner: Owner,
    lifetimeSeconds: LinkLifetime,
  ): Promise<{ link: Link; created: boolean }> {
    const args = [name.service, ...ownerArgs(owner, lifetimeSeconds)];
    const [created, link] = (await this.#connection.run(
      "linkIfAbsent",
      [linkKey(name), indexKey(name)],
      args,
    )) as LinkReply;
    return { link: parseLink(link!), created: created === 1 };
  }

  async setLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<SetLinkResult> {
    const [, link, previous] = await this.#link("setLink", name, ownerArgs(owner, lifetimeSeconds));
    return { link: parseLink(link!), previous: linkOf(previous as string | null) };
  }

  async trySetLink(name: LinkName, owner: Owner, lifetimeSeconds: LinkLifetime): Promise<TrySetLinkResult> {
    const [applied, link, previous] = await this.#link("trySetLink", name, ownerArgs(owner, lifetimeSeconds));
    return { applied: applied === 1, link: parseLink(link!), previous: linkOf(previous as string | null) };
  }

  async takeOver(name: LinkName, expected: Link, owner: Owner): Promise<{ link: Link | undefined; taken: boolean }> {
    const args = [`${expected.pod}`, `${expected.incarnation}`, `${expected.fence}`];
    const [taken, link] = await this.#link("takeOver", name, [...args, `${owner.pod}`, `${owner.incarnation}`]);
    return { link: linkOf(link), taken: taken === 1 };
  }

  async renewLinks(
    service: ServiceName,
    owner: Owner,
    links: readonly HeldLink[],
    { reassertUntilMs = 0 }: RenewLinksOptions = {},
  ): Promise<LinkRenewal[]> {
    // One script each, for every uid has a slot of its own; written to the socket together.
    const until = `${Math.floor(reassertUntilMs)}`;
    return Promise.all(links.map((link) => this.#renew(service, owner, link, until)));
  }

  async removeLink(name: LinkName, expected?: LinkExpectation, graceSeconds = 0): Promise<boolean> {
    const { pod = "", incarnation = "", fence = "" } = expected ?? {};
    const args = [name.service, `${graceSeconds}`, `${pod}`, `${incarnation}`, `${fence}`];
    return (await this.#connection.run("removeLink", keysOf(name), args)) === 1;
  }

  async setPodState(service: ServiceName, pod: PodId, state: string): Promise<void> {
    await this.#connection.run("setPodState", [statesKey(service)], [`${pod}`, state]);
  }

  async podStates(service: ServiceName): Promise<PodState[]> {
    const reply = (await this.#connection.run("podStates", [statesKey(service)])) as string[];
    const states: PodState[] = [];
    for (let index = 1; index + 1 < reply.length; index += 2) {
      states.push({ pod: Number(reply[index]), ...parseState(reply[index + 1]!, Number(reply[0])) });
    }
    return states.sort((a, b) => a.pod - b.pod);
  }

  async setWorkloadState(service: ServiceName, state: string): Promise<void> {
    await this.#connection.run("setWorkloadState", [workloadKey(service)], [state]);
  }

  async workloadStates(namespace: string, services: readonly string[]): Promise<(ReportedState | undefined)[]> {
    const keys = services.map((service) => workloadKey({ namespace, service }));
    return this.#connection.gather(keys, async (some) => {
      const [now, ...texts] = (await this.#connection.run("workloadStates", some)) as (string | null)[];
      return texts.map((text) => (text === null ? undefined : parseState(text, Number(now))));
    });
  }

  async #renew(service: ServiceName, owner: Owner, held: HeldLink, reassertUntil: string): Promise<LinkRenewal> {
    const { uid, fence, lifetimeSeconds, origin } = held;
    const args = [...tenureArgs({ ...owner, fence }), lifetimeText(lifetimeSeconds), origin, reassertUntil];
    return renewalOf(await this.#link("renewLink", { ...service, uid }, args));
  }

  async #link(script: ScriptName, name: LinkName, args: readonly string[]): Promise<LinkReply> {
    return (await this.#connection.run(script, keysOf(name), [name.service, ...args])) as LinkReply;
  }

  #texts(operation: string, keys: readonly string[]): Promise<(string | null)[]> {
    return this.#connection.call(operation, "mget", [...keys]);
  }
}

const ownerArgs = ({ pod, incarnation }: Owner, lifetimeSeconds: LinkLifetime): string[] => [
  `${pod}`,
  `${incarnation}`,
  lifetimeText(lifetimeSeconds),
];

const parseState = (text: string, nowMs: number): ReportedState => {
  const colon = text.indexOf(":");
  const ageMs = nowMs - Number(text.slice(0, colon));
  if (colon > 0 && Number.isFinite(ageMs)) return { state: text.slice(colon + 1), ageMs };
  const message = `a state must read writtenAtMs:text, got ${JSON.stringify(text.slice(0, 80))}`;
  throw new ExecutorError("CORRUPT_VALUE", message);
};
