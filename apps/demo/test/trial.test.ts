import { expect, it } from "vitest";
import { openDemo, until } from "./harness.ts";

it("users whom a pod fails that never served anybody are moved on, though the pod lives", async () => {
  await using demo = await openDemo({ pods: 1 });
  await demo.demo.fleet.start(1, { reset: true });
  const failed = new Set<string>();
  let asked = 0;
  await until("somebody is sent to the new pod", async () => {
    const uid = `new-${asked++}`;
    if ((await demo.get(uid)).status === 502) failed.add(uid);
    return failed.size > 0;
  });
  for (const uid of failed) {
    await until(`${uid} is served elsewhere`, async () => (await demo.get(uid)).status === 200);
    expect((await demo.get(uid)).body.pod).toBe(0);
  }
});
