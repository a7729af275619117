import { DEFAULTS, LoadBalancer, LoadBalancerError, type LoadBalancerOptions } from "@route/loadbalancer";
import { ProbeLoop } from "@route/loadbalancer/probes";
import { describe, expect, it } from "vitest";

const bad: readonly [string, unknown][] = [
  ["strategy", "fastest"],
  ["strategy", "toString"],
  ["maxConnections", 0],
  ["maxConnections", 1.5],
  ["maxWaiting", -1],
  ["waitTimeoutMs", 2 ** 31],
  ["waitTimeoutMs", Number.NaN],
  ["consecutiveErrors", 0],
  ["ejectionMs", 0],
  ["maxEjectionMs", "soon"],
  ["maxEjectedRatio", 1.1],
  ["panicRatio", -0.1],
  ["panic", "some"],
  ["slowStartMs", -1],
  ["slowStartMs", Number.POSITIVE_INFINITY],
  ["leaseTimeoutMs", 0],
  ["clock", {}],
  ["random", 4],
];

describe("options", () => {
  it.each(bad)("%s may not be %j", (option, value) => {
    const construct = (): LoadBalancer => new LoadBalancer({ [option]: value } as LoadBalancerOptions);
    expect(construct).toThrow(new RegExp(`^${option} must`));
    expect(construct).toThrow(typeof value === "number" && option !== "random" ? RangeError : Error);
  });

  it("take undefined for not given, and the defaults cannot be changed", () => {
    const options = { strategy: undefined, ejectionMs: undefined } as unknown as LoadBalancerOptions;
    expect(new LoadBalancer(options).strategy).toBe("adaptive");
    expect(Object.isFrozen(DEFAULTS)).toBe(true);
  });

  it("of a pod are checked, and a bad list changes nothing", () => {
    const balancer = new LoadBalancer();
    balancer.add(0);
    expect(() => balancer.add(1, { weight: -1 })).toThrow("weight must be a finite number >= 0, got -1");
    expect(() => balancer.add(1, { maxConnections: 0 })).toThrow(RangeError);
    expect(() => balancer.add(Number.NaN)).toThrow(TypeError);
    expect(() => balancer.sync([{ podId: 1 }, { podId: 1 }])).toThrow("pods must have different ids, got 1 twice");
    expect(() => balancer.sync([{ podId: 1, state: "gone" as "ready" }])).toThrow(TypeError);
    expect(balancer.stats().pods.map(({ podId }) => podId)).toEqual([0]);
    expect(() => balancer.setStrategy("fastest" as "random")).toThrow(TypeError);
    expect(() => balancer.pick({ strategy: "fastest" as "random" })).toThrow(TypeError);
  });

  it.each(["intervalMs", "timeoutMs", "failureThreshold", "successThreshold"])(
    "%s of probes may not be 0",
    (option) => {
      const options = { balancer: new LoadBalancer(), probe: async () => true, [option]: 0 };
      expect(() => new ProbeLoop(options)).toThrow(`${option} must be a whole number >= 1, got 0`);
    },
  );
});

describe("LoadBalancerError", () => {
  it("is recognised across copies of the package, and nothing else is", () => {
    const error = new LoadBalancerError("CLOSED", "closed", { cause: "test" });
    expect(error).toBeInstanceOf(LoadBalancerError);
    expect(error.cause).toBe("test");
    const foreign = Object.assign(new Error("x"), { [Symbol.for("@route/loadbalancer.LoadBalancerError")]: true });
    expect(foreign).toBeInstanceOf(LoadBalancerError);
    for (const other of [new Error("x"), undefined, null, "CLOSED"])
      expect(other instanceof LoadBalancerError).toBe(false);
  });
});
