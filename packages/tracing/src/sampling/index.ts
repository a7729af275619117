/// <reference lib="esnext.disposable" preserve="true" />
export { AdaptiveSampler, type AdaptiveSamplerOptions, adaptiveSamplerDefaults } from "./adaptive-sampler.ts";
export {
  ConsistentProbabilitySampler,
  type ConsistentProbabilitySamplerOptions,
} from "./consistent-probability-sampler.ts";
export { FastIdGenerator } from "./fast-id-generator.ts";
export { HeadSampler, type HeadSamplerOptions, type IdSource } from "./head-sampler.ts";
export { ParentBasedSampler, type ParentBasedSamplerOptions } from "./parent-based-sampler.ts";
export { RecordAllSampler } from "./record-all-sampler.ts";
export { type Matcher, RuleSampler, type RuleSamplerOptions, type SamplingRule } from "./rule-sampler.ts";
export type { TailSamplingStats } from "./tail/tail-ledger.ts";
export {
  allOf,
  defaultTailPolicies,
  dropIf,
  keepAttribute,
  keepErrors,
  keepName,
  keepRate,
  keepRatio,
  keepSlow,
  not,
  type TailPolicy,
} from "./tail/tail-policies.ts";
export { type TailSamplingOptions, tailSamplingDefaults } from "./tail/tail-sampling-options.ts";
export { TailSamplingProcessor } from "./tail/tail-sampling-processor.ts";
export type { TraceView } from "./tail/trace-view.ts";
