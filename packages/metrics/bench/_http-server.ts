// The server under load, in a process of its own. It changes the arm every thousand requests, so that whatever else the
// machine does meets all arms alike, and tells at the end what each arm cost, group by group.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Arm, arms, monitor, routes, type ServerReport } from "./_http-arms.ts";

const requestsPerTurn = 1000;
const turnsPerGroup = 6;

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const groups: Record<Arm, number>[] = [];
let turn = -1;
let requests = 0;
let lastUs = cpuUs();
let arm: Arm = arms[0]!;
let instrumented: Disposable | undefined;

let queue: Arm[] = [];

// In another order each time, so that no arm always pays for the garbage of the same one before it.
let seed = 1;
const shuffled = (): Arm[] => {
  const order = arms.map((name) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return { name, key: seed };
  });
  return order.sort((a, b) => a.key - b.key).map(({ name }) => name);
};

const nextTurn = (): void => {
  const nowUs = cpuUs();
  const group = Math.floor(turn / (arms.length * turnsPerGroup));
  if (turn >= 0) {
    groups[group] ??= Object.fromEntries(arms.map((name) => [name, 0])) as Record<Arm, number>;
    groups[group][arm] += (nowUs - lastUs) / (requestsPerTurn * turnsPerGroup);
  }
  turn++;
  if (queue.length === 0) queue = shuffled();
  arm = queue.pop()!;
  instrumented?.[Symbol.dispose]();
  instrumented = arm === "instrumented" ? monitor.instrument(server) : undefined;
  lastUs = cpuUs();
};

const server = createServer((_, response) => {
  if (requests++ % requestsPerTurn === 0) nextTurn();
  routes[arm](response);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on("message", () => {
  const report: ServerReport = { cpuUsPerRequest: groups.slice(1, -1) };
  process.send?.(report);
});
