import type { Attributes, Context, Link, Sampler, SamplingResult, SpanKind } from "@opentelemetry/api";
import { requireMethod } from "../validation.ts";

/** What an attribute or a name must be: equal to a text or number, matched by a pattern, or accepted by a function. */
export type Matcher = string | number | boolean | RegExp | ((value: unknown) => boolean);

/** Which spans a rule is for. All given parts must match. */
export interface SamplingRule {
  readonly name?: Matcher;
  readonly kind?: SpanKind;
  /** Attributes that are known when the span starts. */
  readonly attributes?: Readonly<Record<string, Matcher>>;
  readonly sampler: Sampler;
}

/** Options of a {@link RuleSampler}. */
export interface RuleSamplerOptions {
  /** The first rule that matches decides. */
  readonly rules: readonly SamplingRule[];
  /** Decides where no rule matches. */
  readonly fallback: Sampler;
}

/** Whether `value` is what `matcher` asks for. */
export const matches = (matcher: Matcher, value: unknown): boolean => {
  if (typeof matcher === "function") return matcher(value);
  if (!(matcher instanceof RegExp)) return matcher === value;
  matcher.lastIndex = 0;
  return typeof value === "string" && matcher.test(value);
};

/** Chooses a sampler by name, kind and attributes: health checks rarely, payments always. */
export class RuleSampler implements Sampler {
  readonly #rules: readonly SamplingRule[];
  readonly #fallback: Sampler;

  constructor({ rules, fallback }: RuleSamplerOptions) {
    this.#rules = [...rules];
    for (const { sampler } of rules) requireMethod("sampler", sampler, "shouldSample");
    this.#fallback = requireMethod("fallback", fallback, "shouldSample");
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const rule = this.#rules.find((candidate) => applies(candidate, name, kind, attributes));
    return (rule?.sampler ?? this.#fallback).shouldSample(context, traceId, name, kind, attributes, links);
  }

  toString(): string {
    return `RuleSampler{${this.#rules.length} rules, ${this.#fallback.toString()}}`;
  }
}

const applies = (rule: SamplingRule, name: string, kind: SpanKind, attributes: Attributes): boolean =>
  (rule.name === undefined || matches(rule.name, name)) &&
  (rule.kind === undefined || rule.kind === kind) &&
  Object.entries(rule.attributes ?? {}).every(([key, matcher]) => matches(matcher, attributes[key]));
