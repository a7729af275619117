import type { CallOptions } from "../calls.ts";
import type { PlacementVerdict } from "../placement/candidates.ts";
import type { Link, PodId, PodRecord } from "../types.ts";
import type { RouterParts } from "./parts.ts";

/** Whether the owner that a link names can serve, or why not. */
export type OwnerVerdict =
  | "serves"
  | "unknown pod"
  | "older life"
  | "later life"
  | "sealed"
  | "sealed, expected back"
  | "lease ended";

/** What {@link StatefulRouter.explain} answers. */
export interface Explanation {
  readonly uid: string;
  /** One sentence for people. */
  readonly summary: string;
  /** What stands in the store. */
  readonly link: Link | undefined;
  /** What this router remembers, and since when. */
  readonly hint: { readonly link: Link; readonly ageMs: number } | undefined;
  /** The pod that the link names, with what is left of its lease now. */
  readonly owner:
    | { readonly record: PodRecord | undefined; readonly leaseLeftMs: number; readonly verdict: OwnerVerdict }
    | undefined;
  /** Whether each pod would be given a new uid. */
  readonly candidates: readonly { readonly pod: PodId; readonly verdict: PlacementVerdict }[];
}

const judgeOwner = (
  link: Link,
  record: PodRecord | undefined,
  leaseLeftMs: number,
  returnLeftMs: number,
): OwnerVerdict => {
  if (!record) return "unknown pod";
  if (record.sealed && returnLeftMs > 0) return "sealed, expected back";
  if (record.incarnation > link.incarnation) return "older life";
  if (record.incarnation < link.incarnation) return "later life";
  if (record.sealed) return "sealed";
  return leaseLeftMs > 0 ? "serves" : "lease ended";
};

const outcomes: Readonly<Record<OwnerVerdict, string>> = Object.freeze({
  serves: "which lives and serves it",
  "unknown pod": "of which the store knows nothing: it is taken over once that is safe",
  "older life": "which has been followed by a newer life of the pod: it is taken over",
  "later life": "which is newer than the life on record: it is taken over once that is safe",
  sealed: "which is sealed: it is taken over",
  "sealed, expected back": "which is stopped and expected back: it waits for the pod",
  "lease ended": "whose lease has ended: it is taken over once that is safe",
});

const summarize = ({ uid, link, owner, candidates }: Omit<Explanation, "summary">): string => {
  const name = JSON.stringify(uid);
  if (!link || !owner) {
    const able = candidates.filter(({ verdict }) => verdict === "ok").map(({ pod }) => pod);
    if (able.length === 0) return `${name} has no link, and no pod takes new uids.`;
    return `${name} has no link: its next request places it, on one of these pods: ${able.join(", ")}.`;
  }
  const moving = link.moving ? ` It is moving to pod ${link.moving.pod}.` : "";
  return `${name} is linked to pod ${link.pod} (${link.origin}), ${outcomes[owner.verdict]}.${moving}`;
};

/** Says why a uid is where it is. */
export const explain = async (
  { scope, pods, hints, clock, placer }: RouterParts,
  uid: string,
  options: CallOptions,
): Promise<Explanation> => {
  const [link] = await Promise.all([scope.getLinkedPod(uid, options), pods.refresh()]);
  const hint = hints.get(uid);
  const record = link && pods.get(link.pod);
  const leaseLeftMs = record ? pods.leaseLeftMs(record) : 0;
  const returnLeftMs = record ? pods.returnLeftMs(record) : 0;
  const findings = {
    uid,
    link,
    hint: hint && { link: hint.link, ageMs: clock.now() - hint.readAtMs },
    owner: link && { record, leaseLeftMs, verdict: judgeOwner(link, record, leaseLeftMs, returnLeftMs) },
    candidates: [...placer.verdicts()].map(([pod, verdict]) => ({ pod, verdict })),
  };
  return { ...findings, summary: summarize(findings) };
};
