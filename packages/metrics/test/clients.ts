import * as prometheusIo from "@prometheus-io/client";
import * as promClient from "prom-client";

/** Both Prometheus clients, whose registries and metrics ours have to live with. */
export const clients = [
  { client: "prom-client 15", lib: promClient },
  { client: "@prometheus-io/client 0.16", lib: prometheusIo as unknown as typeof promClient },
] as const;

/** The lines of a page that are samples of `name`, its buckets and sums included. */
export const samplesOf = (page: string, name: string): string[] =>
  page.split("\n").filter((line) => line.startsWith(name));
