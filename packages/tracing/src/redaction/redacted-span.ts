import type { Attributes, SpanStatus } from "@opentelemetry/api";
import { SpanView } from "../span-view.ts";
import type { FinishedSpan, SpanResource } from "../types.ts";
import type { Redactor } from "./redactor.ts";

/** A view of `span` without its secrets. */
export const redactedSpan = (span: FinishedSpan, resource: SpanResource, redactor: Redactor): FinishedSpan =>
  new SpanView(span, {
    name: redactor.text(span.name),
    status: redactStatus(span.status, redactor),
    attributes: redactor.attributes(span.attributes),
    links: span.links.map((link) => redactAttributes(link, redactor)),
    events: span.events.map((event) => ({ ...redactAttributes(event, redactor), name: redactor.text(event.name) })),
    resource,
  });

const redactAttributes = <T extends { readonly attributes?: Attributes }>(owner: T, redactor: Redactor): T =>
  owner.attributes ? { ...owner, attributes: redactor.attributes(owner.attributes) } : owner;

const redactStatus = (status: SpanStatus, redactor: Redactor): SpanStatus =>
  status.message === undefined ? status : { code: status.code, message: redactor.text(status.message) };
