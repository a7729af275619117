import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StatefulStore } from "@route/executor";
import { Agent, fetch, type Headers, type RequestInit } from "undici";
import { vi } from "vitest";
import { redisForTests } from "../../../tools/redis-server.ts";
import { configOf, type DemoConfig, rereadValues } from "../src/config/config.ts";
import { startDemo } from "../src/demo.ts";
import type { Served } from "../src/scenarios/serve-logs.ts";
import { own } from "./owned.ts";

export type { Served } from "../src/scenarios/serve-logs.ts";

// A demo is four processes or more, and a busy machine takes its time for each.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** A pod's answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { uid: string; pod: number; count: number; error?: { code: string; message: string } };
}

/** Waits until `condition` holds; fails after `mostSeconds` with `what`. */
export const until = async (
  what: string,
  condition: () => boolean | Promise<boolean>,
  mostSeconds = 60,
): Promise<void> => {
  const endMs = performance.now() + mostSeconds * 1000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited ${mostSeconds} s for: ${what}`);
    await sleep(25);
  }
};

/** `count` names that no other test uses. */
export const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** As it comes, but for pods that take their time. */
const patientGateway: DemoConfig["gateway"] = {
  ...configOf(rereadValues([], {})).gateway!,
  upstreamTimeoutMs: 120_000,
  replayForMs: 60_000,
};

/** A running demo of the test's own, and what a client and an operator can do with it. */
export const openDemo = async (options: Partial<DemoConfig> = {}, store?: StatefulStore) => {
  const logFolder = mkdtempSync(join(tmpdir(), "route-demo-"));
  const config: DemoConfig = {
    ...{ namespace: `t${process.pid}-${Date.now()}`, service: "counter", port: 0, adminPort: 0, pods: 3 },
    // Long: a busy machine must not look like a dead pod, nor like a store that is away.
    ...{ leaseMs: 30_000, drainMs: 30_000, storeTimeoutMs: 30_000, gateway: patientGateway },
    ...{ adminToken: "token", secret: "secret", logFolder },
    ...options,
  };
  const demo = await startDemo(config, store);
  for (const { child } of demo.fleet.list()) own(child);
  const dispatcher = new Agent({ connections: 256, headersTimeout: 150_000 });

  const send = async (url: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url, { ...init, dispatcher });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const get = (uid: string, path = "/"): Promise<Answer> => send(demo.url + path, { headers: { "x-route-uid": uid } });
  const admin = (path: string, method = "GET"): Promise<Answer> =>
    send(demo.adminUrl + path, {
      method,
      headers: { authorization: `Bearer ${config.adminToken}`, accept: "application/json" },
    });

  return {
    ...{ demo, config, send, get, admin },
    /** The pod of each uid, asked for once. Fails unless every answer is 200. */
    podsOf: async (uids: readonly string[]): Promise<Map<string, number>> => {
      const pods = new Map<string, number>();
      const ask = async (uid: string): Promise<void> => {
        const { status, body } = await get(uid);
        if (status !== 200) throw new Error(`${uid}: ${status} ${JSON.stringify(body)}`);
        pods.set(uid, body.pod);
      };
      await Promise.all(uids.map(ask));
      return pods;
    },
    /** What the pods wrote down of their own work, in the order of time. */
    logs: (): Served[] =>
      readdirSync(logFolder)
        .flatMap((file) => readFileSync(join(logFolder, file), "utf8").split("\n"))
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Served)
        .sort((a, b) => a.at - b.at),
    pod: (id: number) => demo.fleet.get(id)!,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const { child } of demo.fleet.list()) child.kill("SIGCONT");
      await demo[Symbol.asyncDispose]();
      await dispatcher.destroy();
      rmSync(logFolder, { recursive: true, force: true });
    },
  };
};

/** The two places for links, for tests that hold whatever keeps them: a name, and how to open it. */
export const linkStores: readonly (readonly [string, () => Promise<{ redisUrl?: string } & AsyncDisposable>])[] = [
  ["the embedded store", async () => ({ [Symbol.asyncDispose]: async () => {} })],
  [
    "Redis",
    async () => {
      const { url, [Symbol.asyncDispose]: close } = await redisForTests();
      return { redisUrl: url, [Symbol.asyncDispose]: close };
    },
  ],
];

/** By uid: what was served, in order. */
export const byUid = (logs: readonly Served[]): Map<string, Served[]> => Map.groupBy(logs, ({ uid }) => uid);
