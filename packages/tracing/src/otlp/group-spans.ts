import type { FinishedSpan, SpanResource, SpanScope } from "../types.ts";

/** Spans of one resource by scope. */
export type ScopeGroups = Map<SpanScope, FinishedSpan[]>;

/** Spans by resource and scope, by identity, in order of appearance. */
export const groupSpans = (spans: readonly FinishedSpan[]): Map<SpanResource, ScopeGroups> => {
  const groups = new Map<SpanResource, ScopeGroups>();
  for (const span of spans) {
    const group = groups.get(span.resource) ?? new Map<SpanScope, FinishedSpan[]>();
    groups.set(span.resource, group);
    const scoped = group.get(span.instrumentationScope);
    if (scoped === undefined) group.set(span.instrumentationScope, [span]);
    else scoped.push(span);
  }
  return groups;
};
