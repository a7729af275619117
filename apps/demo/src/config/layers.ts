import { readFileSync } from "node:fs";
import { isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import type { Setting } from "./settings.ts";

/** A value and the place that gave it, e.g. `config.yaml:12:7: pods`. */
export interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/** Values by key. */
export type Layer = ReadonlyMap<string, Given>;

/** Throws a `RangeError` unless the value keeps the rule. */
export const check = ({ rule }: Setting, { value, origin }: Given): unknown => {
  const accepted = rule.accept(value);
  if (accepted !== undefined) return accepted;
  throw new RangeError(`${origin} must be ${rule.words}, got ${JSON.stringify(value)}`);
};

const fromText = (setting: Setting, text: string | undefined, origin: string): Given | undefined =>
  // An empty variable is how a shell takes one back.
  text === undefined || text === "" ? undefined : { value: setting.rule.parse?.(text) ?? text, origin };

const collect = (settings: readonly Setting[], give: (setting: Setting) => Given | undefined): Layer => {
  const layer = new Map<string, Given>();
  for (const setting of settings) {
    const given = give(setting);
    if (given) layer.set(setting.key, { value: check(setting, given), origin: given.origin });
  }
  return layer;
};

/** From the environment. Throws a `RangeError` that names the variable. */
export const environmentLayer = (
  settings: readonly Setting[],
  env: Readonly<Record<string, string | undefined>>,
): Layer =>
  collect(settings, (setting) =>
    setting.variable === undefined ? undefined : fromText(setting, env[setting.variable], setting.variable),
  );

/** From the command line. Throws a `RangeError` that names the flag. */
export const flagLayer = (
  settings: readonly Setting[],
  flags: Readonly<Record<string, string | boolean | undefined>>,
): Layer =>
  collect(settings, (setting) => {
    const text = setting.flag === undefined ? undefined : flags[setting.flag];
    return typeof text === "string" ? fromText(setting, text, `--${setting.flag}`) : undefined;
  });

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new RangeError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
};

/** From a file in YAML, of which JSON is a part. Throws an error that names file, line, column, key, rule and value. */
export const fileLayer = (settings: readonly Setting[], path: string): Layer => {
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [fault] = document.errors;
  if (fault) throw new RangeError(`${at(fault.pos[0])}: ${fault.message}`);
  const byKey = new Map(settings.map((setting) => [setting.key, setting]));
  const layer = new Map<string, Given>();
  const visit = (node: YAMLMap, prefix: string): void => {
    for (const { key, value } of node.items) {
      const name = `${prefix}${isScalar(key) ? String(key.value) : String(key)}`;
      const place = `${at((key as Node).range?.[0] ?? 0)}: ${name}`;
      const setting = byKey.get(name);
      if (setting) {
        const given = (value as Node | null)?.toJS(document) as unknown;
        // A key without a value is as good as none.
        if (given !== null && given !== undefined) {
          layer.set(name, { value: check(setting, { value: given, origin: place }), origin: place });
        }
      } else if (isMap(value) && settings.some((one) => one.key.startsWith(`${name}.`))) visit(value, `${name}.`);
      else throw new RangeError(`${place} is no setting; ${nearby(settings, name)}`);
    }
  };
  if (isMap(document.contents)) visit(document.contents, "");
  else if (document.contents !== null) throw new RangeError(`${path}:1:1: the file must hold keys and values`);
  return layer;
};

const nearby = (settings: readonly Setting[], key: string): string => {
  const level = key.slice(0, key.lastIndexOf(".") + 1);
  const names = settings
    .filter((one) => one.key.startsWith(level))
    .map((one) => one.key.slice(level.length).split(".")[0]);
  return `there are ${[...new Set(names)].join(", ")}`;
};
