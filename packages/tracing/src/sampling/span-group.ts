import { SamplingDecision, type SamplingResult } from "@opentelemetry/api";
import { withThreshold } from "./ot-trace-state.ts";
import { formatThreshold, rejectAll, type Threshold, thresholdOf } from "./threshold.ts";

/** One group of spans: what was seen in this window, the average rate, and the ratio in force. */
export interface SpanGroup {
  seen: number;
  kept: number;
  perSecond: number | undefined;
  threshold: Threshold;
  keep: SamplingResult;
}

const drop: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD });

/** Sets the ratio and prepares the answer for kept spans. */
export const setRatio = (group: SpanGroup, ratio: number): void => {
  group.threshold = thresholdOf(ratio);
  const traceState = withThreshold(undefined, formatThreshold(group.threshold));
  group.keep = { decision: SamplingDecision.RECORD_AND_SAMPLED, ...(traceState && { traceState }) };
};

/** A group that nothing is known about yet. */
export const newGroup = (ratio: number): SpanGroup => {
  const group: SpanGroup = { seen: 0, kept: 0, perSecond: undefined, threshold: rejectAll, keep: drop };
  setRatio(group, ratio);
  return group;
};
