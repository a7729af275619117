import type { Link, LinkOrigin, PodRecord } from "@route/executor";

const reasons: Readonly<Record<LinkOrigin, string>> = {
  new: "it was placed there as new",
  move: "another pod handed it over",
  takeover: "its pod before had died",
  restart: "the pod came back for it",
};

// A fence is the server's time of the change, in microseconds; 0 where the layout has none.
const since = ({ fence }: Link): string => (fence === 0 ? "" : ` since ${new Date(fence / 1000).toISOString()}`);

/** Where a uid lives, why, and what the next request for it meets, in words. `pod` is the life that the link names. */
export const explainLink = (uid: string, link: Link, pod: PodRecord | undefined): string => {
  const lives = `${JSON.stringify(uid)} lives on pod ${link.pod}${since(link)}: ${reasons[link.origin]}.`;
  if (link.moving) return `${lives} It is on its way to pod ${link.moving.pod}; requests wait until it is there.`;
  if (!pod || pod.sealed) return `${lives} That pod is gone; the next request gets it another one.`;
  if (pod.leaseLeftMs <= 0) {
    return `${lives} That pod is silent, its lease has ended: the next request waits a moment, then gets it another one.`;
  }
  if (pod.state === "ready") return `${lives} That pod is ready and serves it.`;
  return `${lives} That pod is leaving (${pod.state}): it serves the uid until it has handed it over.`;
};
