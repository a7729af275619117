import type { LinkName, PodId, ServiceName } from "../../types.ts";

/** The version of the key schema is part of every key. A release with another one reads this one's too. */
const prefix = "route:1";

/** Hash of pod records. One hash tag for all keys of a service, so that one script may use them in a cluster. */
export const podsKey = ({ namespace, service }: ServiceName): string => `${prefix}:pods:{${namespace}:${service}}`;

/** Hash that tells since when renewals come without a gap. */
export const pulseKey = ({ namespace, service }: ServiceName): string => `${prefix}:pulse:{${namespace}:${service}}`;

/** The link itself. One hash tag for all keys of a uid. */
export const linkKey = ({ namespace, service, uid }: LinkName): string =>
  `${prefix}:link:{${namespace}:${uid}}:${service}`;

/** The uid in the key of a link of this service, or `undefined` for any other key. */
export const uidOfLinkKey = (key: string, { namespace, service }: ServiceName): string | undefined => {
  const [start, end] = [`${prefix}:link:{${namespace}:`, `}:${service}`];
  return key.startsWith(start) && key.endsWith(end) ? key.slice(start.length, -end.length) : undefined;
};

/** Set of the services that a uid has persistent links to. */
export const indexKey = ({ namespace, uid }: Omit<LinkName, "service">): string =>
  `${prefix}:links:{${namespace}:${uid}}`;

/** What was handed over with the uid and not taken up yet. */
export const handedKey = ({ namespace, service, uid }: LinkName): string =>
  `${prefix}:state:{${namespace}:${uid}}:${service}`;

/** Stream of what is asked of a pod. */
export const mailboxKey = ({ namespace, service }: ServiceName, pod: PodId): string =>
  `${prefix}:mail:{${namespace}:${service}}:${pod}`;

/** Channel on which the changes of services of this name are told, in whatever namespace; `lua/shared.lua` writes it. */
export const eventsChannel = ({ service }: ServiceName): string => `${prefix}:events:${service}`;

/** Hash of what the pods of a service reported. */
export const statesKey = ({ namespace, service }: ServiceName): string => `${prefix}:states:{${namespace}:${service}}`;

/** What a service as a whole reported. */
export const workloadKey = ({ namespace, service }: ServiceName): string =>
  `${prefix}:workload:{${namespace}:${service}}`;
