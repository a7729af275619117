import { createTraceState, type TraceState } from "@opentelemetry/api";

const vendor = "ot";
const maxValueLength = 256;

/** The value of a sub-key in the tracestate member `ot`, e.g. `th` or `rv`. */
export const otValue = (state: TraceState | undefined, subKey: string): string | undefined => {
  const member = state?.get(vendor);
  const start = `${subKey}:`;
  return member
    ?.split(";")
    .find((pair) => pair.startsWith(start))
    ?.slice(start.length);
};

/** `state` with `ot=th:` set, or erased where the probability is unknown. Other sub-keys and members stay. */
export const withThreshold = (state: TraceState | undefined, threshold: string | undefined): TraceState | undefined => {
  const pairs = (state?.get(vendor) ?? "").split(";").filter((pair) => pair !== "" && !pair.startsWith("th:"));
  const others = pairs.join(";").length > maxValueLength ? pairs.filter((pair) => pair.startsWith("rv:")) : pairs;
  const value = (threshold === undefined ? others : [`th:${threshold}`, ...others]).join(";");
  if (value !== "") return (state ?? createTraceState()).set(vendor, value);
  return state?.get(vendor) === undefined ? state : state.unset(vendor);
};
