import { describe, expect, it } from "vitest";
import { startRedis } from "../../../tools/redis-server.ts";
import { StatefulExecutor } from "../src/executor.ts";
import { RedisStore } from "../src/redis.ts";
import { isLinearizable, type Operation } from "./linearizability/checker.ts";
import { draws, record } from "./linearizability/record.ts";
import { patient } from "./waiting.ts";

const name = { namespace: "lin", service: "s" };
const uids = Array.from({ length: 20 }, (_, index) => `u${index}`);

describe("the checker", () => {
  const at = (calledAt: number, answeredAt: number) => ({ calledAt, answeredAt });

  it("accepts what some order explains", () => {
    expect(isLinearizable([])).toBe(true);
    const overlapping: Operation[] = [
      { kind: "ifAbsent", pod: 1, answer: { pod: 2, created: false }, ...at(0, 10) },
      { kind: "ifAbsent", pod: 2, answer: { pod: 2, created: true }, ...at(1, 9) },
      { kind: "get", answer: undefined, ...at(0, 3) },
    ];
    expect(isLinearizable(overlapping)).toBe(true);
    const lost: Operation[] = [
      { kind: "set", pod: 3, ...at(0, Number.POSITIVE_INFINITY) },
      { kind: "get", answer: undefined, ...at(1, 2) },
      { kind: "get", answer: 3, ...at(5, 6) },
    ];
    expect(isLinearizable(lost), "an unknown outcome that took effect later").toBe(true);
  });

  it("refuses what no order explains", () => {
    const twoWinners: Operation[] = [
      { kind: "ifAbsent", pod: 1, answer: { pod: 1, created: true }, ...at(0, 5) },
      { kind: "ifAbsent", pod: 2, answer: { pod: 2, created: true }, ...at(0, 5) },
    ];
    expect(isLinearizable(twoWinners)).toBe(false);
    const stale: Operation[] = [
      { kind: "set", pod: 1, answer: { previous: undefined }, ...at(0, 1) },
      { kind: "get", answer: undefined, ...at(2, 3) },
    ];
    expect(isLinearizable(stale)).toBe(false);
  });
});

it("histories of 8 clients on Redis are linearizable by uid; corrupted ones are not", async () => {
  await using server = await startRedis();
  const stores = Array.from({ length: 8 }, () => new RedisStore({ url: server.url, ...patient }));
  const clients = stores.map((store) => new StatefulExecutor({ store }).scope(name));
  const histories = await record(clients, uids, 100, 4711);
  await Promise.all(stores.map((store) => store.close()));
  expect([...histories.values()].flat()).toHaveLength(800);
  for (const history of histories.values()) expect(isLinearizable(history)).toBe(true);

  // One answer of each history is turned into one that nobody can have been given.
  const random = draws(42);
  for (const history of histories.values()) {
    const position = Math.floor(random() * history.length);
    const corrupted = history.map((operation, index): Operation => {
      const { calledAt, answeredAt } = operation;
      return index === position ? { kind: "get", answer: 99, calledAt, answeredAt } : operation;
    });
    expect(isLinearizable(corrupted)).toBe(false);
  }
});
