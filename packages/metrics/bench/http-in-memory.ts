// The same arms without a network: nothing but node:http and what is recorded, so that single steps can be told apart.
import { createServer, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import type { BenchRow } from "../../../tools/bench.ts";
import { median } from "./_contest.ts";
import { type Arm, arms, type Contender } from "./_http-arms.ts";
import type { Route } from "./_http-route.ts";

const connections = 32;
const requestsPerTurn = 400;
const warmUpTurns = 150;
const turns = 500;
const request = Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
const lastByte = "k".charCodeAt(0);

/** A connection whose other end is in this process: what is pushed is a request, what is written an answer. */
class MemorySocket extends Duplex {
  readonly #onAnswer: (socket: MemorySocket) => void;

  constructor(onAnswer: (socket: MemorySocket) => void) {
    super();
    this.#onAnswer = onAnswer;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    done();
    if (chunk.at(-1) === lastByte) this.#onAnswer(this);
  }

  // What node:http asks of a socket.
  setTimeout(): this {
    return this;
  }
}

const answer = (response: ServerResponse, route: Route): void => {
  const startedMs = route.begin(response);
  response.end("ok");
  route.end(response, startedMs);
};

/** Answers so many requests. */
type Turn = (requests: number) => Promise<void>;

const serverOf = async (arm: Arm): Promise<Turn> => {
  const contender: Contender = await arms[arm]();
  const server = createServer({ keepAliveTimeout: 0 }, (_, response) => answer(response, contender.route));
  contender.attach?.(server);
  let unsent = 0;
  let unanswered = 0;
  let onEnd: () => void = () => undefined;
  const send = (socket: MemorySocket): void => {
    if (unsent === 0) return;
    unsent--;
    socket.push(request);
  };
  const onAnswer = (socket: MemorySocket): void => {
    if (--unanswered === 0) onEnd();
    else setImmediate(send, socket);
  };
  const sockets = Array.from({ length: connections }, () => new MemorySocket(onAnswer));
  for (const socket of sockets) server.emit("connection", socket);
  return (requests) =>
    new Promise((resolve) => {
      unsent = requests;
      unanswered = requests;
      onEnd = resolve;
      for (const socket of sockets) send(socket);
    });
};

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU time of node:http, and what the arms add to it. */
export const bench = async (): Promise<BenchRow[]> => {
  const servers = new Map<Arm, Turn>();
  for (const arm of Object.keys(arms) as Arm[]) servers.set(arm, await serverOf(arm));
  const costUs = Object.fromEntries([...servers.keys()].map((arm) => [arm, []])) as unknown as Record<Arm, number[]>;
  for (let turn = 0; turn < warmUpTurns + turns; turn++)
    for (const [arm, run] of servers) {
      const startedUs = cpuUs();
      await run(requestsPerTurn);
      if (turn >= warmUpTurns) costUs[arm].push((cpuUs() - startedUs) / requestsPerTurn);
    }
  const overBare = (arm: Arm): string => {
    const addedUs = costUs[arm].map((us, turn) => us - (costUs.bare[turn]! + costUs.control[turn]!) / 2);
    return `${Math.round(1000 * median(addedUs))} ns`;
  };
  const noise = `bare ${median(costUs.bare).toFixed(1)} us, its copy ${overBare("control")}`;
  const row = (name: string, measured: string): BenchRow => ({
    case: `a request with sockets in memory: ${name}`,
    measured,
    target: "",
    met: undefined,
  });
  return [
    row("two readings of the clock", `${overBare("clock")} (${noise})`),
    row("those and the seven records", `${overBare("ours")} (plain client ${overBare("plain")})`),
    row("the same by a listener of each response's close", overBare("atClose")),
    row("instrument(server)", overBare("instrumented")),
  ];
};
