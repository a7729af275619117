import type { Link, LinkExpectation, LinkLifetime, LinkOrigin, Owner } from "../types.ts";

/** Whether the link is the one that somebody expects. */
export const isExpected = (link: Link, { pod, incarnation, fence }: LinkExpectation): boolean =>
  link.pod === pod &&
  (incarnation === undefined || incarnation === link.incarnation) &&
  (fence === undefined || fence === link.fence);

/** A link to `owner`. */
export const linkTo = (
  { pod, incarnation }: Owner,
  fence: number,
  lifetimeSeconds: LinkLifetime,
  origin: LinkOrigin,
): Link => ({ pod, incarnation, fence, lifetimeSeconds, origin });

/** The link without the mark of a move. */
export const unmarked = (link: Link): Link => {
  if (!link.moving) return link;
  const { moving: _, ...rest } = link;
  return rest;
};
