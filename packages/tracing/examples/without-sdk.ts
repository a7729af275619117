import { ROOT_CONTEXT } from "@opentelemetry/api";
import { RequestTracer } from "@route/tracing";

// No SDK is installed or registered: no spans are made, an incoming trace still reaches the next service, durations are counted.
const tracer = new RequestTracer();
const parent = tracer.extract({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }, ROOT_CONTEXT);
const headers = tracer.trace("forward", { parent }, () => tracer.inject({}, parent));
console.log(headers);
console.log(Object.keys(tracer.durations()));
