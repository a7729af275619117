import fc from "fast-check";
import { expect } from "vitest";
import type { StatefulStore } from "../../src/store/store.ts";
import type { Link, LinkLifetime, Owner, PodId, ServiceName } from "../../src/types.ts";
import type { LinksModel, ModelLink } from "./links-model.ts";

const uids = ["a", "b:c"] as const;
const uid = fc.constantFrom(...uids);
const owner = fc.record({ pod: fc.integer({ min: 0, max: 2 }), incarnation: fc.constantFrom(0, 1, 2) });
const lifetime: fc.Arbitrary<LinkLifetime> = fc.constantFrom<LinkLifetime>("persistent", 60, 100);
const isCurrent = fc.boolean();

/** Any operation on links and states; `wait` moves the clock where there is one to move. */
export const operation = fc.oneof(
  fc.record({ kind: fc.constantFrom("set", "trySet", "ifAbsent"), uid, owner, lifetime }),
  fc.record({ kind: fc.constant("takeOver" as const), uid, owner, isCurrent }),
  fc.record({ kind: fc.constant("renew" as const), uid, isCurrent }),
  fc.record({
    kind: fc.constant("remove" as const),
    uid,
    expects: fc.constantFrom("nothing", "pod", "all", "other"),
    graceSeconds: fc.constantFrom(0, 0, 30),
  }),
  fc.record({
    kind: fc.constant("report" as const),
    pod: fc.integer({ min: 0, max: 2 }),
    state: fc.string({ minLength: 1 }),
  }),
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.constantFrom(1, 29, 30, 59, 60, 100) }),
);

/** One of them. */
export type ModelOperation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** A store beside its model: does the same to both and compares what they say. */
export class Pair {
  readonly #store: StatefulStore;
  readonly #model: LinksModel;
  readonly #service: ServiceName;
  readonly #wait: (ms: number) => void;
  /** The store's fence by the model's. */
  readonly #fences = new Map<number, number>();
  readonly #states = new Map<PodId, string>();

  constructor(store: StatefulStore, model: LinksModel, service: ServiceName, wait: (ms: number) => void) {
    this.#store = store;
    this.#model = model;
    this.#service = service;
    this.#wait = wait;
  }

  async perform(operation: ModelOperation): Promise<void> {
    switch (operation.kind) {
      case "wait":
        this.#wait(operation.seconds * 1000);
        break;
      case "report":
        this.#states.set(operation.pod, operation.state);
        await this.#store.setPodState(this.#service, operation.pod, operation.state);
        break;
      case "takeOver":
        await this.#takeOver(operation.uid, operation.owner, operation.isCurrent);
        break;
      case "renew":
        await this.#renew(operation.uid, operation.isCurrent);
        break;
      case "remove":
        await this.#remove(operation);
        break;
      default:
        await this.#link(operation);
    }
    await this.#compareAll();
  }

  async #link({ kind, uid, owner, lifetime }: Extract<ModelOperation, { lifetime: LinkLifetime }>): Promise<void> {
    const name = { ...this.#service, uid };
    if (kind === "ifAbsent") {
      const expected = this.#model.ifAbsent(uid, owner, lifetime);
      const found = await this.#store.linkIfAbsent(name, owner, lifetime);
      expect(found.created).toBe(expected.created);
      this.#same(found.link, expected.link);
      return;
    }
    const expected =
      kind === "set"
        ? { applied: true, ...this.#model.set(uid, owner, lifetime) }
        : this.#model.trySet(uid, owner, lifetime);
    const found =
      kind === "set"
        ? { applied: true, ...(await this.#store.setLink(name, owner, lifetime)) }
        : await this.#store.trySetLink(name, owner, lifetime);
    expect(found.applied).toBe(expected.applied);
    this.#same(found.previous, expected.previous);
    this.#same(found.link, expected.link);
  }

  async #takeOver(uid: string, owner: Owner, isCurrent: boolean): Promise<void> {
    const { model, stored } = this.#expectation(uid, isCurrent);
    const expected = this.#model.takeOver(uid, model, owner);
    const before: Link = { ...stored, lifetimeSeconds: 60, origin: "new" };
    const found = await this.#store.takeOver({ ...this.#service, uid }, before, owner);
    expect(found.taken).toBe(expected.taken);
    this.#same(found.link, expected.link);
  }

  async #renew(uid: string, isCurrent: boolean): Promise<void> {
    const { model, stored } = this.#expectation(uid, isCurrent);
    const expected = this.#model.renew(uid, model);
    const held = { uid, fence: stored.fence, lifetimeSeconds: 60, origin: "new" } as const;
    const [found] = await this.#store.renewLinks(this.#service, stored, [held]);
    expect(found?.kept).toBe(expected.kept);
    this.#same(found?.link, expected.link);
  }

  async #remove({ uid, expects, graceSeconds }: Extract<ModelOperation, { kind: "remove" }>): Promise<void> {
    const { model, stored } = this.#expectation(uid, expects !== "other");
    const pick = <Expected extends Owner>(all: Expected) =>
      expects === "nothing" ? undefined : expects === "pod" ? { pod: all.pod } : all;
    const expected = this.#model.remove(uid, pick(model), graceSeconds);
    expect(await this.#store.removeLink({ ...this.#service, uid }, pick(stored), graceSeconds)).toBe(expected);
  }

  /** Owner and fence of the link that stands, or of one that never stood. */
  #expectation(uid: string, isCurrent: boolean) {
    const link = isCurrent ? this.#model.get(uid) : undefined;
    const { pod, incarnation } = link ?? { pod: 1, incarnation: 9 };
    const fence = link?.fence ?? 0;
    const stored = { pod, incarnation, fence: link ? this.#fences.get(link.fence)! : 1 };
    return { model: { pod, incarnation, fence }, stored };
  }

  async #compareAll(): Promise<void> {
    const links = await this.#store.getLinks(this.#service, uids);
    for (const [index, each] of uids.entries()) {
      this.#same(links[index], this.#model.get(each));
      expect(await this.#store.getLink({ ...this.#service, uid: each })).toEqual(links[index]);
      const listed = await this.#store.linkedServices(this.#service.namespace, each);
      expect(listed.has(this.#service.service)).toBe(this.#model.isPersistent(each));
    }
    const states = await this.#store.podStates(this.#service);
    expect(states.map(({ pod, state }) => [pod, state])).toEqual([...this.#states].sort(([a], [b]) => a - b));
  }

  #same(found: Link | undefined, expected: ModelLink | undefined): void {
    expect(found === undefined).toBe(expected === undefined);
    if (!found || !expected) return;
    const { pod, incarnation, lifetimeSeconds } = expected;
    expect(found).toMatchObject({ pod, incarnation, lifetimeSeconds });
    const known = this.#fences.get(expected.fence);
    if (known !== undefined) expect(found.fence).toBe(known);
    for (const [order, fence] of this.#fences) if (order < expected.fence) expect(found.fence).toBeGreaterThan(fence);
    this.#fences.set(expected.fence, found.fence);
  }
}
