import { hostname } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { PodAgent, type PodAgentOptions, podIdOfHost } from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";

const open: PodAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.stop({ graceMs: 0 });
});

const agentWith = (options: Partial<PodAgentOptions>): PodAgent => {
  const store = new MemoryStore();
  const agent = new PodAgent({ store, namespace: "n", service: "s", id: 0, address: "127.0.0.1:1", ...options });
  open.push(agent);
  return agent;
};

describe("the id of a pod", () => {
  it("is the ordinal at the end of a StatefulSet's host name", () => {
    expect(podIdOfHost("chat-0")).toBe(0);
    expect(podIdOfHost("my-chat-12")).toBe(12);
    expect(podIdOfHost("chat-3.chat.prod.svc.cluster.local")).toBe(3);
  });

  it.each(["chat", "chat3", "chat-", "chat-3a", "", "chat-1234567890"])("is not read from %j", (host) => {
    expect(() => podIdOfHost(host)).toThrow(RangeError);
    expect(() => podIdOfHost(host)).toThrow(/ends in - and the pod's number/);
  });

  it("comes from this machine's host name where that is asked for", () => {
    const ordinal = /-(\d{1,9})$/.exec(hostname().split(".", 1)[0]!)?.[1];
    if (ordinal === undefined) expect(() => agentWith({ id: "hostname" })).toThrow(RangeError);
    else expect(agentWith({ id: "hostname" }).id).toBe(Number(ordinal));
  });
});

describe("the load of a pod", () => {
  it("is the number of uids by default, and what is in flight or a figure of your own on demand", async () => {
    const counting = agentWith({});
    const busy = agentWith({ load: "in-flight" });
    const own = agentWith({ load: () => 0.75 });
    for (const agent of [counting, busy, own]) await agent.start();
    await counting.claim("a");
    const { fence } = await busy.claim("a");
    expect(counting.load).toBe(1);
    expect(busy.load).toBe(0);
    busy.admit("a", fence)!.inFlight++;
    expect(busy.load).toBe(1);
    expect(own.load).toBe(0.75);
  });

  it("is the share of time in which the event loop was busy", () => {
    const agent = agentWith({ load: "event-loop" });
    expect(agent.load).toBeGreaterThanOrEqual(0);
    expect(agent.load).toBeLessThanOrEqual(1);
  });
});

describe("bad options", () => {
  it.each([
    [{ load: "cpu" as "held" }, /load must be held, in-flight, event-loop or a function, got cpu/],
    [{ leaseMs: 10 }, /leaseMs/],
    [{ leaseMs: 1000, marginMs: 600 }, /marginMs must be a number from 0 to 500, got 600/],
    [{ quietMs: -1 }, /quietMs must be a number from 0 to 3600000, got -1/],
    [{ maxLinks: 0 }, /maxLinks must be an integer from 1/],
    [{ labels: { zone: "" } }, /label zone must be non-empty text/],
    [{ linkLifetimeSeconds: 0 }, /lifetimeSeconds must be/],
    [{ id: -1 }, /pod must be an integer from 0/],
    [{ id: "host" as "claim" }, /id must be a pod's number, "hostname" or "claim", got "host"/],
    [{ address: "" }, /address must be non-empty text/],
  ])("are refused with the option, the rule and the value: %j", (options, message) => {
    expect(() => agentWith(options)).toThrow(message);
  });

  it("are refused by drain too", async () => {
    const agent = agentWith({});
    await agent.start();
    await expect(agent.drain({ to: "hold", returnMs: -1 })).rejects.toThrow(RangeError);
    await expect(agent.drain({ rate: 0 })).rejects.toThrow(/rate must be a number above 0/);
    await expect(agent.drain({ concurrency: 0 })).rejects.toThrow(/concurrency/);
    await expect(agent.drain({ to: "nowhere" as "move" })).rejects.toThrow(/to must be move or hold, got nowhere/);
    expect(agent.state).toBe("ready");
  });
});
