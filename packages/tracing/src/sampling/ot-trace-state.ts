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
  const all = threshold === undefined ? pairs : [`th:${threshold}`, ...pairs];
  const whole = all.join(";");
  const value = whole.length <= maxValueLength ? whole : all.filter((pair) => /^(?:th|rv):/.test(pair)).join(";");
  if (value !== "") return withMember(state ?? createTraceState(), value);
  return state?.get(vendor) === undefined ? state : state.unset(vendor);
};

/** A full tracestate (32 members) takes no further one: the right-most, which is the oldest, has to go, as W3C Trace Context says. */
const withMember = (state: TraceState, value: string): TraceState => {
  const changed = state.set(vendor, value);
  if (changed.get(vendor) === value) return changed;
  const oldest = state.serialize().split(",").at(-1)?.split("=")[0]?.trim();
  if (!oldest) return state;
  const fewer = state.unset(oldest);
  return fewer.serialize() === state.serialize() ? state : withMember(fewer, value);
};
