import fc from "fast-check";
import type { World } from "./world.ts";

const stepMs = 10;

/** Lets virtual time pass, and looks at every step whether two pods hold a uid. */
export const pass = async (world: World, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await world.advance(stepMs);
    world.check();
  }
};

/** Requests from everywhere while time passes; answers what became of them. */
export const trafficFor = async (world: World, ms: number): Promise<string[]> => {
  const failures: string[] = [];
  for (let passed = 0; passed < ms; passed += 50) {
    for (const uid of world.uids) {
      void world.request(uid).then((result) => {
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

/** One act of the adversary; `which` is taken modulo the number of pods, or of networks. */
export const act = fc.oneof(
  fc.record({
    kind: fc.constantFrom("freeze", "cut", "restart", "isolate-router"),
    which: fc.nat(9),
    forMs: fc.integer({ min: 50, max: 3500 }),
  }),
  fc.record({ kind: fc.constant("chaos"), which: fc.nat(9), forMs: fc.integer({ min: 200, max: 3000 }) }),
  fc.record({ kind: fc.constant("outage"), which: fc.constant(0), forMs: fc.integer({ min: 50, max: 4000 }) }),
  fc.record({ kind: fc.constant("step"), which: fc.nat(9), forMs: fc.constant(50) }),
  fc.record({
    kind: fc.constantFrom("move", "drain", "hold"),
    which: fc.nat(9),
    forMs: fc.integer({ min: 0, max: 500 }),
  }),
);

/** Lets it happen while requests come, and ends it. */
export const perform = async (
  world: World,
  { kind, which, forMs }: { kind: string; which: number; forMs: number },
): Promise<void> => {
  const pod = world.pods[which % world.pods.length]!;
  const networks = [...world.pods.map(({ network }) => network), ...world.routers.map(({ network }) => network)];
  const target = networks[which % networks.length]!;
  const routerNetwork = world.routers[which % world.routers.length]!.network;
  if (kind === "freeze") world.freeze(pod);
  if (kind === "cut") pod.network.cut = true;
  if (kind === "isolate-router") routerNetwork.cut = true;
  if (kind === "chaos") target.chaos = 0.4;
  if (kind === "outage") for (const network of networks) network.cut = true;
  if (kind === "step") world.storeStepMs = which % 2 === 0 ? 30 : 0;
  if (kind === "restart") {
    world.kill(pod);
    world.addPod(pod.id);
  }
  // Under way while the next act begins: each step of a move meets each fault.
  if (kind === "move") for (const uid of pod.agent.held()) void pod.agent.move(uid);
  if (kind === "drain") void world.restart(pod, "move");
  if (kind === "hold") void world.restart(pod, "hold");
  await trafficFor(world, forMs);
  if (kind === "freeze") world.thaw(pod);
  if (!pod.dead) pod.network.cut = false;
  routerNetwork.cut = false;
  target.chaos = 0;
  if (kind === "outage") for (const network of networks) network.cut = false;
};
