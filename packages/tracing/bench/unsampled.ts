import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { RequestTracer } from "@route/tracing";
import { ConsistentProbabilitySampler, HeadSampler } from "@route/tracing/samplers";
import type { BenchRow } from "../../../tools/bench.ts";
import { interleaved, interleavedAsync } from "./_harness.ts";

/** As many handlers as a small service has: a call that always meets the same function is compiled into its caller. */
const handlers = [() => 0, () => 1, () => 2, () => 3, () => 4, () => 5, () => 6, () => 7];
const asyncHandlers = [
  async () => 0,
  async () => 1,
  async () => 2,
  async () => 3,
  async () => 4,
  async () => 5,
  async () => 6,
  async () => 7,
];
const names = handlers.map((_, index) => `GET /${index}`);
const runs = 1_000;

const times = (request: (index: number) => void) => (): void => {
  for (let run = 0; run < runs; run++) request(run & 7);
};

const timesAsync = (request: (index: number) => Promise<unknown>) => async (): Promise<void> => {
  for (let run = 0; run < runs; run++) await request(run & 7);
};

const sampler = new ConsistentProbabilitySampler({ ratio: 0 });
const head = new HeadSampler({ sampler });
const official = new TracerProvider({ sampler }).getTracer("official");
const ours = new RequestTracer({ tracerProvider: new TracerProvider({ sampler: head, idGenerator: head }), head });
const noParent = { parent: ROOT_CONTEXT };

/** The context manager alone, with a context that is there already: what nobody can do without. */
const some = ROOT_CONTEXT.setValue(Symbol("bench"), 1);

const activeRow = async (): Promise<BenchRow> => {
  const ns = interleaved(
    {
      manager: times((index) => context.with(some, handlers[index]!)),
      official: times((index) => {
        official.startActiveSpan(names[index]!, (span) => {
          try {
            return handlers[index]!();
          } finally {
            span.end();
          }
        });
      }),
      ours: times((index) => ours.trace(names[index]!, handlers[index]!)),
    },
    2,
  );
  const asyncNs = await interleavedAsync({
    bare: timesAsync((index) => asyncHandlers[index]!()),
    manager: timesAsync((index) => context.with(some, asyncHandlers[index]!)),
    official: timesAsync((index) =>
      official.startActiveSpan(names[index]!, async (span) => {
        try {
          return await asyncHandlers[index]!();
        } finally {
          span.end();
        }
      }),
    ),
    ours: timesAsync((index) => ours.trace(names[index]!, asyncHandlers[index]!)),
  });
  const beyond = (name: keyof typeof asyncNs): string => (((asyncNs[name] - asyncNs.bare) / runs) * 1_000).toFixed(0);
  return {
    case: "an unsampled request that still propagates context and counts its duration",
    measured: `${ns.ours.toFixed(0)} ns (the context manager alone ${ns.manager.toFixed(0)} ns, official startActiveSpan ${ns.official.toFixed(0)} ns; of an async function, beyond its own time: ${beyond("ours")}, ${beyond("manager")}, ${beyond("official")} ns)`,
    target: "<= 0.5 us",
    met: ns.ours <= 500,
  };
};

const explicitRow = (): BenchRow => {
  const ns = interleaved(
    {
      explicit: times((index) => {
        const request = ours.traceRequest(names[index]!, noParent);
        handlers[index]!();
        ours.endSpan(request.span);
      }),
      injected: times((index) => {
        const request = ours.traceRequest(names[index]!, noParent);
        ours.inject({}, request.context);
        handlers[index]!();
        ours.endSpan(request.span);
      }),
    },
    2,
  );
  return {
    case: "the same with its context passed on by hand: `traceRequest`, `endSpan`",
    measured: `${ns.explicit.toFixed(0)} ns (${ns.injected.toFixed(0)} ns with \`inject\`)`,
    target: "<= 0.5 us",
    met: ns.injected <= 500,
  };
};

export const bench = async (): Promise<BenchRow[]> => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const rows = [await activeRow(), explicitRow()];
  context.disable();
  return rows;
};
