import type { Format } from "../types.ts";

/** The `Content-Type` of each format. */
export const contentTypes: Readonly<Record<Format, string>> = Object.freeze({
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  json: "application/json; charset=utf-8",
});

/** Media types that ask for a format. What names none of them gets Prometheus text. */
const mediaTypes = new Map<string, Format>([
  ["text/plain", "prometheus"],
  ["text/*", "prometheus"],
  ["*/*", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/json", "json"],
]);

const qualityOf = (parameters: readonly string[]): number => {
  const quality = parameters.map((parameter) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(parameter)?.[1]).find(Boolean);
  return quality === undefined ? 1 : Number(quality);
};

/** The items of an `Accept` or `Accept-Encoding` header, lower case, those of quality 0 left out, best first. */
const preferences = (header: string): string[] =>
  header
    .split(",")
    .map((item) => {
      const [name = "", ...parameters] = item.split(";");
      return { name: name.trim().toLowerCase(), quality: qualityOf(parameters) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ name }) => name);

/** The format that an `Accept` header asks for. Without one, and for what we do not speak, Prometheus text. */
export const negotiateFormat = (accept: string | null | undefined): Format => {
  for (const name of preferences(accept ?? "")) {
    const format = mediaTypes.get(name);
    if (format !== undefined) return format;
  }
  return "prometheus";
};

/** Whether an `Accept-Encoding` header allows gzip. */
export const acceptsGzip = (acceptEncoding: string | null | undefined): boolean =>
  preferences(acceptEncoding ?? "").includes("gzip");
