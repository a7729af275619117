// What can be said about the dashboard without a Prometheus; that each query has an answer is shown by prometheus.e2e.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

interface Thresholds {
  readonly steps: readonly { readonly value: number | null }[];
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly min?: number; readonly thresholds?: Thresholds };
    readonly overrides: readonly { readonly properties: readonly { readonly id: string; readonly value: unknown }[] }[];
  };
}

const root = join(import.meta.dirname, "..");
const dashboard = JSON.parse(readFileSync(join(root, "dashboards/route.json"), "utf8")) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
};
const rules = readFileSync(join(root, "alerts/route.rules.yml"), "utf8");
const panels = dashboard.panels.filter(({ type }) => type !== "row");

it.each(panels)("the panel $title says what it shows, in which unit, and names every line", (panel) => {
  expect(panel.description).toMatch(/^[A-Z].*\.$/);
  expect(panel.fieldConfig?.defaults.unit).toMatch(/^(reqps|ops|s|bytes|short|percentunit)$/);
  expect(panel.fieldConfig?.defaults.min).toBe(0);
  const targets = panel.targets ?? [];
  expect(targets.length).toBeGreaterThan(0);
  expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  for (const { legendFormat } of targets) expect(legendFormat).toBeTruthy();
});

it.each(panels)("the queries of $title are limited to the chosen jobs, and to few lines", ({ targets = [] }) => {
  for (const { expr } of targets) {
    const selectors = expr.match(/\w+\{[^}]*\}/g) ?? [];
    expect(selectors.length).toBeGreaterThan(0);
    for (const selector of selectors)
      expect(selector).toMatch(/\{job=~"\$job", (service=~"\$service"|instance=~"\$inst)/);
    expect(expr).toMatch(/^(sum|max|topk|histogram_quantile)\b/);
    // A label with a value per pod is only shown for the ten that matter.
    if (/by \([^)]*\bpod\b/.test(expr)) expect(expr).toMatch(/^topk\(10, /);
    const variables = [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name);
    const known = [...dashboard.templating.list.map(({ name }) => name), "__rate_interval"];
    expect(known).toEqual(expect.arrayContaining(variables));
  }
});

it("no two panels have one id or overlap", () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

const thresholdsOf = ({ fieldConfig }: Panel): readonly Thresholds[] => [
  ...(fieldConfig?.defaults.thresholds ? [fieldConfig.defaults.thresholds] : []),
  ...(fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === "thresholds")
    .map(({ value }) => value as Thresholds),
];

it("each line drawn at a limit is where the alert that the panel names fires", () => {
  const named = panels.filter(({ description }) => /\bRoute[A-Z]/.test(description ?? ""));
  expect(named.length).toBeGreaterThanOrEqual(5);
  expect(panels.filter((panel) => thresholdsOf(panel).length > 0)).toEqual(named);
  for (const panel of named) {
    const alert = /\bRoute[A-Z]\w+/.exec(panel.description ?? "")?.[0];
    const rule = rules.split("- alert: ").find((text) => text.startsWith(`${alert}\n`));
    const limits = thresholdsOf(panel).flatMap(({ steps }) => steps.map(({ value }) => value).filter(Number.isFinite));
    expect(limits).toHaveLength(1);
    expect(rule, alert).toMatch(new RegExp(`[<>] ${String(limits[0]).replace(".", "\\.")}(\\s|$)`, "m"));
  }
});
