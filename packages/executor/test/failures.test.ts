import { describe, expect, it } from "vitest";
import { ExecutorError } from "../src/errors.ts";
import { toExecutorError } from "../src/store/redis/failures.ts";

const reply = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });

describe("what Redis refuses", () => {
  it.each([
    ["READONLY You can't write against a read only replica.", "READ_ONLY", true],
    ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE", true],
    ["MASTERDOWN Link with MASTER is down", "UNAVAILABLE", true],
    ["NOREPLICAS Not enough good replicas to write.", "UNAVAILABLE", true],
    ["CLUSTERDOWN The cluster is down", "UNAVAILABLE", true],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE", true],
    ["BUSY Redis is busy running a script.", "UNAVAILABLE", true],
    ["OOM command not allowed when used memory > 'maxmemory'.", "UNAVAILABLE", true],
    ["MISCONF Redis is configured to save RDB snapshots", "UNAVAILABLE", true],
    ["ERR max number of clients reached", "UNAVAILABLE", true],
    ["NOAUTH Authentication required.", "UNAVAILABLE", false],
    ["WRONGPASS invalid username-password pair", "UNAVAILABLE", false],
    ["NOPERM User has no permissions", "UNAVAILABLE", false],
    ["MOVED 3999 127.0.0.1:6381", "TOPOLOGY", true],
    ["ASK 3999 127.0.0.1:6381", "TOPOLOGY", true],
    ["CROSSSLOT Keys in request don't hash to the same slot", "TOPOLOGY", false],
    ["ERR Script attempted to access a non local key in a cluster node", "TOPOLOGY", false],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "CORRUPT_VALUE", false],
    ["ERR user_script:7: link script: f_1, on @user_script:7.", "CORRUPT_VALUE", false],
    ["ERR something new", "REJECTED", false],
  ])("%s", (message, code, retryable) => {
    const cause = reply(message);
    const expected = { code, retryable, outcome: "not-applied", operation: "setLink", cause };
    expect(toExecutorError(cause, "setLink")).toMatchObject(expected);
  });
});

describe("what the client gives up", () => {
  it("is TOPOLOGY where the cluster sent it on each time: nothing was applied", () => {
    const last = "Too many Cluster redirections. Last error: ReplyError: MOVED 3999 127.0.0.1:6381";
    expect(toExecutorError(new Error(last), "getLink")).toMatchObject({ code: "TOPOLOGY", outcome: "not-applied" });
  });

  it("is unknown where a connection broke", () => {
    for (const message of [
      "Connection is closed.",
      "Too many Cluster redirections. Last error: Error: Connection is closed.",
    ]) {
      const expected = { code: "UNAVAILABLE", outcome: "unknown", retryable: true };
      expect(toExecutorError(new Error(message), "setLink")).toMatchObject(expected);
    }
  });

  it("tells why there was no connection", () => {
    const gaveUp = Object.assign(new Error("Reached the max retries per request limit"), {
      name: "MaxRetriesPerRequestError",
    });
    const refused = new Error("connect ECONNREFUSED 127.0.0.1:1");
    const failure = toExecutorError(gaveUp, "getLink", refused);
    expect(failure).toMatchObject({ code: "UNAVAILABLE", cause: refused });
    expect(failure.message).toContain("ECONNREFUSED");
  });

  it("is passed on where it is told already, and made an error where it is none", () => {
    const known = new ExecutorError("TIMEOUT", "m");
    expect(toExecutorError(known, "getLink")).toBe(known);
    expect(toExecutorError("odd", "getLink")).toMatchObject({ code: "UNAVAILABLE", message: /odd/ });
  });
});
