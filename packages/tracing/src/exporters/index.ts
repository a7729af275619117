/// <reference lib="esnext.disposable" preserve="true" />
export { ConsoleExporter, formatSpan } from "./console-exporter.ts";
export { type BackendStats, FanOutExporter, type FanOutExporterOptions } from "./fan-out-exporter.ts";
export { FileExporter } from "./file-exporter.ts";
export { MemoryExporter } from "./memory-exporter.ts";
