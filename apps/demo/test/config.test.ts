import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { changesOf, readCommand, rereadValues } from "../src/config/config.ts";
import { settings } from "../src/config/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "route-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (text: string, name = "config.yaml"): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const read = (args: readonly string[], env: Record<string, string> = {}) => {
  const command = readCommand(args, env);
  if (command.do !== "run") throw new Error(`expected run, got ${command.do}`);
  return command.config;
};

const example = join(import.meta.dirname, "../config.example.yaml");

describe("config.example.yaml", () => {
  const keysOf = (node: unknown, prefix = ""): string[] =>
    Object.entries(node as Record<string, unknown>).flatMap(([name, value]) => {
      const key = `${prefix}${name}`;
      return settings.some((one) => one.key === key) ? [key] : keysOf(value, `${key}.`);
    });

  it("has every setting, each with the default, under a comment", () => {
    const text = readFileSync(example, "utf8");
    expect(keysOf(parse(text)).sort()).toEqual(settings.map(({ key }) => key).sort());
    const given = rereadValues(["--config", example], {});
    const defaults = rereadValues([], {});
    expect([...given]).toEqual([...defaults]);
    for (const { flag, variable, key } of settings) {
      if (flag !== undefined) expect(text, key).toContain(`--${flag}`);
      if (variable !== undefined && !key.startsWith("features.")) expect(text, key).toContain(variable);
    }
  });
});

it("mcp.example.yaml makes the gateway go by what MCP pods mint", () => {
  const config = read(["--config", join(import.meta.dirname, "../mcp.example.yaml")]);
  expect(config).toMatchObject({ kind: "mcp", gateway: { anonymous: true } });
  expect(config.gateway?.sources.map(({ name }) => name)).toEqual(["mcp-session-id", "mcp-param-notebook"]);
});

describe("a config", () => {
  it("comes from flags before variables before the file before the defaults, in YAML and in JSON", () => {
    const yaml = fileOf(
      "port: 1\npods: 4\nleaseMs: 500\ngateway:\n  create: false\n  linkLimit: { linksPerMinute: 5 }\n",
    );
    const config = read(["--config", yaml, "--port", "3"], { PORT: "2", PODS: "5", GATEWAYS: "" });
    expect(config).toMatchObject({ port: 3, pods: 5, leaseMs: 500, drainMs: 10_000, gateways: 1 });
    expect(config.gateway).toMatchObject({ create: false, linkLimit: { linksPerMinute: 5 }, maxHeaderBytes: 16_384 });
    const json = fileOf(
      JSON.stringify({ service: "chat", gateway: { identify: { sources: [{ path: "/rooms/:uid/*" }] } } }),
      "config.json",
    );
    expect(read(["--config", json])).toMatchObject({
      service: "chat",
      gateway: { sources: [{ kind: "path", name: "/rooms/:uid/*" }] },
    });
    expect(read([]).adminToken).not.toBe(read([]).adminToken);
  });

  it.each([
    ["a value against its rule", "port: 1\npods: many\n", /:2:1: pods must be an integer from 1 to 100, got "many"$/],
    ["a nested one", "gateway:\n  create: maybe\n", /:2:3: gateway\.create must be true or false, got "maybe"$/],
    ["a list of the wrong things", "gateway:\n  identify:\n    sources: [x]\n", /:3:5: .*sources must be a list of/],
    [
      "a short key",
      "gateway: { identify: { signedCookie: { keys: [short] } } }",
      /at least 16 characters, got \["short"\]$/,
    ],
    ["no Redis URL", "redisUrl: localhost:6379\n", /:1:1: redisUrl must be redis:\/\/ or .*, got "localhost:6379"$/],
    ["a bad one of several", "redisUrl: 'redis://a,redis://b:99999'\n", /:1:1: redisUrl must be/],
    ["an unknown key", "podz: 3\n", /:1:1: podz is no setting; there are namespace, service, kind, port/],
    ["an unknown nested key", "features:\n  magic: true\n", /:2:3: features\.magic is no setting; there are nearCache/],
    ["a section that is a value", "gateway: 3\n", /:1:1: gateway is no setting/],
    ["a list as file", "- a\n", /must hold keys and values$/],
    ["broken YAML", "port: [1\n", /config\.yaml:\d+:\d+: /],
    ["a key twice", "port: 1\nport: 2\n", /config\.yaml:2:1: /],
  ])("with %s is refused with file, line, key, rule and value", (_, text, message) => {
    expect(() => read(["--config", fileOf(text)])).toThrow(message);
  });

  it("names the variable or flag that is wrong, and a file that is not there", () => {
    expect(() => read([], { ROUTE_LEASE_MS: "soon" })).toThrow(
      'ROUTE_LEASE_MS must be an integer from 200 to 600000, got "soon"',
    );
    expect(() => read(["--pods", "0"])).toThrow("--pods must be an integer from 1 to 100, got 0");
    expect(() => read(["--config", join(folder, "none.yaml")])).toThrow(/ENOENT.*none\.yaml/);
  });

  it("tells what may change while the demo runs from what may not", () => {
    const before = rereadValues(["--config", fileOf("pods: 3\nfeatures: { metrics: true }\n")], {});
    const after = rereadValues(["--config", fileOf("pods: 4\nfeatures: { metrics: false, analysis: true }\n")], {});
    expect(changesOf(before, after)).toEqual({ changed: [["features.metrics", false]], refused: ["pods"] });
  });
});
