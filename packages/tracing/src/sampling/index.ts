/// <reference lib="esnext.disposable" preserve="true" />
export {
  ConsistentProbabilitySampler,
  type ConsistentProbabilitySamplerOptions,
} from "./consistent-probability-sampler.ts";
