import type { LinkExpectation, LinkLifetime, Owner } from "../../src/types.ts";

/** What a link is to the model. Fences are numbered by their order: only that they grow is promised. */
export interface ModelLink extends Owner {
  readonly fence: number;
  readonly lifetimeSeconds: LinkLifetime;
  readonly endMs: number;
  readonly isEnding: boolean;
}

const fits = (link: ModelLink, { pod, incarnation, fence }: LinkExpectation): boolean =>
  link.pod === pod && (incarnation ?? link.incarnation) === link.incarnation && (fence ?? link.fence) === link.fence;

/** The links of one service as plainly as they can be told, with time in the test's hands. */
export class LinksModel {
  nowMs = 0;
  readonly #links = new Map<string, ModelLink>();
  #fences = 0;

  get(uid: string): ModelLink | undefined {
    const link = this.#links.get(uid);
    return link && link.endMs > this.nowMs ? link : undefined;
  }

  set(uid: string, owner: Owner, lifetimeSeconds: LinkLifetime): { link: ModelLink; previous: ModelLink | undefined } {
    const previous = this.get(uid);
    const isSame = previous && fits(previous, { pod: owner.pod, incarnation: owner.incarnation || undefined });
    const { pod, incarnation, fence } = isSame ? previous : { ...owner, fence: ++this.#fences };
    return { link: this.#put(uid, { pod, incarnation }, fence, lifetimeSeconds), previous };
  }

  trySet(uid: string, owner: Owner, lifetimeSeconds: LinkLifetime) {
    const link = this.get(uid);
    if (link && link.endMs === Number.POSITIVE_INFINITY && link.pod !== owner.pod) {
      return { applied: false, link, previous: link };
    }
    return { applied: true, ...this.set(uid, owner, lifetimeSeconds) };
  }

  ifAbsent(uid: string, owner: Owner, lifetimeSeconds: LinkLifetime) {
    const link = this.get(uid);
    return link ? { link, created: false } : { link: this.set(uid, owner, lifetimeSeconds).link, created: true };
  }

  takeOver(uid: string, expected: Owner & { readonly fence: number }, { pod, incarnation }: Owner) {
    const link = this.get(uid);
    if (!link) return { link: undefined, taken: false };
    if (!fits(link, expected)) return { link, taken: fits(link, { pod, incarnation }) && link.fence > expected.fence };
    const fence = ++this.#fences;
    if (!link.isEnding) return { link: this.#put(uid, { pod, incarnation }, fence, link.lifetimeSeconds), taken: true };
    const ending = { ...link, pod, incarnation, fence };
    this.#links.set(uid, ending);
    return { link: ending, taken: true };
  }

  renew(uid: string, owner: Owner & { readonly fence: number }): { kept: boolean; link: ModelLink | undefined } {
    const link = this.get(uid);
    if (!link || !fits(link, owner)) return { kept: false, link };
    return { kept: true, link: link.isEnding ? link : this.#put(uid, link, link.fence, link.lifetimeSeconds) };
  }

  remove(uid: string, expected: LinkExpectation | undefined, graceSeconds: number): boolean {
    const link = this.get(uid);
    if (!link || link.isEnding || (expected && !fits(link, expected))) return false;
    const endMs = graceSeconds === 0 ? this.nowMs : Math.min(link.endMs, this.nowMs + graceSeconds * 1000);
    this.#links.set(uid, { ...link, lifetimeSeconds: graceSeconds, endMs, isEnding: true });
    return true;
  }

  isPersistent(uid: string): boolean {
    return this.get(uid)?.endMs === Number.POSITIVE_INFINITY;
  }

  #put(uid: string, { pod, incarnation }: Owner, fence: number, lifetimeSeconds: LinkLifetime): ModelLink {
    const endMs = lifetimeSeconds === "persistent" ? Number.POSITIVE_INFINITY : this.nowMs + lifetimeSeconds * 1000;
    const link = { pod, incarnation, fence, lifetimeSeconds, endMs, isEnding: false };
    this.#links.set(uid, link);
    return link;
  }
}
