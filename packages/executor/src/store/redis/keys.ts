import type { LinkName, ServiceName } from "../../types.ts";

/** The version of the key schema is part of every key. */
const prefix = "route:1";

/** Hash of pod records. One hash tag for all keys of a service, so that one script may use them in a cluster. */
export const podsKey = ({ namespace, service }: ServiceName): string => `${prefix}:pods:{${namespace}:${service}}`;

/** Hash that tells since when renewals come without a gap. */
export const pulseKey = ({ namespace, service }: ServiceName): string => `${prefix}:pulse:{${namespace}:${service}}`;

/** The link itself. One hash tag for all keys of a uid. */
export const linkKey = ({ namespace, service, uid }: LinkName): string =>
  `${prefix}:link:{${namespace}:${uid}}:${service}`;

/** Set of the services that a uid is linked to. */
export const indexKey = ({ namespace, uid }: LinkName): string => `${prefix}:links:{${namespace}:${uid}}`;
