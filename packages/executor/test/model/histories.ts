import fc from "fast-check";
import { expect } from "vitest";
import { wait } from "./network.ts";
import { leaseMs, World } from "./world.ts";

const stepMs = 10;

/** Lets virtual time pass, and looks at every step whether two pods hold a uid. */
export const pass = async (world: World, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await world.advance(stepMs);
    world.check();
  }
};

/** Requests from everywhere while time passes, for some of the uids; answers what became of them. */
export const trafficFor = async (world: World, ms: number, uids: readonly string[] = world.uids): Promise<string[]> => {
  const failures: string[] = [];
  for (let passed = 0; passed < ms; passed += 50) {
    for (const uid of uids) {
      // At any moment of a step of anything else.
      void wait(world.random() * 50)
        .then(() => world.request(uid))
        .then((result) => {
          if ("failed" in result) failures.push(result.failed);
        });
    }
    await pass(world, 50);
  }
  await pass(world, 1000);
  return failures;
};

/** Which pod serves each uid, after the dust has settled. */
export const owners = async (world: World): Promise<(number | string)[]> => {
  const results = world.uids.map((uid) => world.request(uid));
  await pass(world, 2000);
  return (await Promise.all(results)).map((result) => ("served" in result ? result.served : result.failed));
};

/**
 * One act of the adversary; `which` is taken modulo the number of pods, or of routers. A plan of an operator begins
 * while the fault lasts, half the time on the very pod, so that each step of a move meets each fault.
 */
export const act = fc.record({
  fault: fc.constantFrom("none", "freeze", "cut", "kill", "cut-router", "chaos", "chaos-router", "outage", "step"),
  which: fc.nat(9),
  plan: fc.constantFrom("none", "move", "release", "drain", "hold"),
  /** Nobody asks for half of the uids, so that they are let go as idle. */
  quiet: fc.boolean(),
  planned: fc.option(fc.nat(9), { freq: 1 }),
  planAfterMs: fc.integer({ min: 0, max: 200 }),
  forMs: fc.integer({ min: 50, max: 3500 }),
});

/** An {@link act}. */
export type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

const begin = (world: World, { fault, which }: Act): (() => void) => {
  const pod = world.pods[which % world.pods.length]!;
  const networks = [...world.pods.map(({ network }) => network), ...world.routers.map(({ network }) => network)];
  const { network: routerNetwork } = world.routers[which % world.routers.length]!;
  const target = fault === "chaos" ? pod.network : routerNetwork;
  const cut = (cutOff: readonly { cut: boolean }[]): (() => void) => {
    for (const network of cutOff) network.cut = true;
    return () => {
      for (const network of cutOff) network.cut = false;
    };
  };
  if (fault === "freeze") {
    world.freeze(pod);
    return () => world.thaw(pod);
  }
  if (fault === "cut") return cut([pod.network]);
  if (fault === "cut-router") return cut([routerNetwork]);
  if (fault === "outage") return cut(networks.filter(({ cut }) => !cut));
  if (fault === "kill") {
    world.kill(pod);
    world.addPod(pod.id);
  }
  if (fault === "step") world.storeStepMs = which % 2 === 0 ? 30 : 0;
  if (fault === "chaos" || fault === "chaos-router") target.chaos = 0.4;
  return () => {
    target.chaos = 0;
  };
};

const operate = (world: World, { plan, planned, which }: Act): void => {
  const pod = world.pods[(planned ?? which) % world.pods.length]!;
  if (plan === "move") world.moveAll(pod);
  if (plan === "release") world.releaseAll(pod);
  if (plan === "drain") void world.restart(pod, "move");
  if (plan === "hold") void world.restart(pod, "hold");
};

/** Lets it happen while requests come, and ends the fault. */
export const perform = async (world: World, act: Act): Promise<void> => {
  const end = begin(world, act);
  const asked = world.uids.filter((_, index) => !act.quiet || index % 2 === act.which % 2);
  const traffic = trafficFor(world, act.forMs, asked);
  setTimeout(() => operate(world, act), act.planAfterMs);
  await traffic;
  end();
};

/** Whatever happens: no claim is broken, and in the end every uid is served. Needs fake timers. */
export const anyHistory = fc.asyncProperty(
  fc.nat(),
  fc.array(act, { minLength: 1, maxLength: 6 }),
  async (seed, acts) => {
    const world = new World(seed);
    await pass(world, 100);
    for (const one of acts) await perform(world, one);
    // Uids that wait for a pod's return wait for five leases.
    await trafficFor(world, 8 * leaseMs);
    expect(world.violations).toEqual([]);
    expect((await owners(world)).filter((owner) => typeof owner === "string")).toEqual([]);
    for (const pod of world.pods) world.kill(pod);
  },
);
