export { type HttpProbeOptions, httpProbe } from "./probes-http.ts";
export { type HealthSink, type Probe, ProbeLoop, type ProbeLoopOptions, type ProbeResult } from "./probes-loop.ts";
export { type TcpProbeOptions, tcpProbe } from "./probes-tcp.ts";
