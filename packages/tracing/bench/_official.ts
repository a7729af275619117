export { W3CTraceContextPropagator } from "@opentelemetry/core";

/** The value of `CompressionAlgorithm.GZIP` in the official exporter base, which is not a dependency here. */
export const CompressionAlgorithm = { GZIP: "gzip" } as const;
