import { DEFAULTS, LoadBalancer, LoadBalancerError, type LoadBalancerOptions } from "@route/loadbalancer";
import { httpProbe, ProbeLoop, tcpProbe } from "@route/loadbalancer/probes";
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

  it.each([null, "p2c", 5])("may not be %j", (options) => {
    expect(() => new LoadBalancer(options as never)).toThrow(`options must be an object, got ${options}`);
  });

  it("of a pod are checked, and a bad list changes nothing", () => {
    const balancer = new LoadBalancer();
    balancer.add(0);
    expect(() => balancer.add(1, { weight: -1 })).toThrow("weight must be a finite number >= 0, got -1");
    expect(() => balancer.add(1, { maxConnections: 0 })).toThrow(RangeError);
    expect(() => balancer.add(Number.NaN)).toThrow(TypeError);
    expect(() => balancer.add(1, null as never)).toThrow("options of a pod must be an object, got null");
    expect(() => balancer.sync({} as never)).toThrow("pods must be an array, got [object Object]");
    expect(() => balancer.sync([1] as never)).toThrow("a pod of the list must be an object, got 1");
    expect(() => balancer.setHealth(0, "no" as never)).toThrow("healthy must be a boolean, got no");
    expect(() => balancer.reportLoad(0, undefined as never)).toThrow("report must be an object, got undefined");
    expect(() => balancer.sync([{ podId: 1 }, { podId: 1 }])).toThrow("pods must have different ids, got 1 twice");
    expect(() => balancer.sync([{ podId: 1, state: "gone" as "ready" }])).toThrow(TypeError);
    expect(balancer.stats().pods.map(({ podId }) => podId)).toEqual([0]);
    expect(() => balancer.setStrategy("fastest" as "random")).toThrow(TypeError);
    expect(() => balancer.pick({ strategy: "fastest" as "random" })).toThrow(TypeError);
    for (const strategy of ["maglev", "rendezvous"] as const)
      expect(() => balancer.pick({ strategy, key: {} as never })).toThrow(
        "key must be a string or a number, got object",
      );
    for (const built of [undefined, { join() {}, leave() {} }])
      expect(() => balancer.setStrategy(() => built as never)).toThrow(
        /a strategy must have a method (join|select)\(\)/,
      );
    expect(balancer.strategy).toBe("adaptive");
  });

  it("of a pick that are none leave nothing open", () => {
    const balancer = new LoadBalancer();
    balancer.add(0);
    expect(() => balancer.pick({ signal: {} as never })).toThrow(TypeError);
    expect(balancer.stats().inFlight).toBe(0);
  });

  it("of probes are checked where they are given, not when pods look ill", () => {
    const balancer = new LoadBalancer();
    const probe = async () => true;
    expect(() => new ProbeLoop(undefined as never)).toThrow("balancer.setHealth must be a function, got undefined");
    expect(() => new ProbeLoop({ balancer: {} as never, probe })).toThrow("balancer.setHealth must be a function");
    expect(() => new ProbeLoop({ balancer } as never)).toThrow("probe must be a function, got undefined");
    expect(() => new ProbeLoop({ balancer, probe }).onResult(undefined as never)).toThrow(
      "listener must be a function",
    );
    expect(() => httpProbe({ url: "http://pod" as never })).toThrow("url must be a function, got http://pod");
    expect(() => httpProbe({ url: String, accept: 200 as never })).toThrow("accept must be a function, got 200");
    expect(() => tcpProbe(undefined as never)).toThrow("address must be a function, got undefined");
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
