// A server under load, in a process of its own: _http-server.ts ARM,ARM,...
// It changes the arm every few hundred requests, between two of them, so that whatever else the machine does meets all
// arms alike, and tells when asked what each arm cost.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Arm, arms, type Contender } from "./_http-arms.ts";

export interface Listening {
  readonly port: number;
}

/** CPU time per request of each arm in each round, in microseconds: the whole process, the collection of garbage included. */
export type ServerReport = readonly Readonly<Record<Arm, number>>[];

const requestsPerTurn = 400;

const contenders = new Map<Arm, Contender>();
for (const name of process.argv[2]!.split(",") as Arm[]) contenders.set(name, await arms[name]());

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

// In another order each round, so that no arm always comes after the same one.
const shuffledArms = (): Arm[] =>
  [...contenders.keys()]
    .map((name) => ({ name, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ name }) => name);

const rounds: Partial<Record<Arm, number>>[] = [];
let queue: Arm[] = [];
let arm: Arm | undefined;
let contender: Contender = contenders.values().next().value!;
let attached: Disposable | undefined;
let left = 0;
let startedUs = 0;

const nextTurn = (): void => {
  if (arm !== undefined) rounds.at(-1)![arm] = (cpuUs() - startedUs) / requestsPerTurn;
  attached?.[Symbol.dispose]();
  if (queue.length === 0) {
    queue = shuffledArms();
    rounds.push({});
  }
  arm = queue.pop()!;
  contender = contenders.get(arm)!;
  attached = contender.attach?.(server);
  left = requestsPerTurn;
  startedUs = cpuUs();
};

const server = createServer((_, response) => {
  if (left === 0) nextTurn();
  left--;
  const { route } = contender;
  const startedMs = route.begin(response);
  response.end("ok");
  route.end(response, startedMs);
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));

// The first half is for V8, which needs some 40,000 calls of a function until it has compiled it for good.
process.on("message", () => process.send?.(rounds.slice(rounds.length / 2, -1)));
process.on("disconnect", () => process.exit());
