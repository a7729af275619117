import type { LinkName, ServiceName } from "../../types.ts";

// The keys of the Go and Java versions, to the letter.

/** Hash of what the pods of a service reported: decimal pod id -> text. */
export const statesKey = ({ namespace, service }: ServiceName): string => `sf:{${namespace}:state:${service}}`;

/** What a service as a whole reported. */
export const workloadKey = ({ namespace, service }: ServiceName): string => `sf:{${namespace}:workload:${service}}`;

/** The link: decimal pod id. */
export const linkKey = ({ namespace, service, uid }: LinkName): string => `sf:{${namespace}:lk:${uid}}${service}`;

/** Hash of a uid's persistent links: service -> decimal pod id. */
export const indexKey = ({ namespace, uid }: Omit<LinkName, "service">): string => `sf:{${namespace}:lk:${uid}}`;
