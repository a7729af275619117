import { expect, it } from "vitest";
import { linkStores, openDemo, until } from "./harness.ts";

it("features are switched on and off while the demo runs", async () => {
  await using demo = await openDemo({ pods: 1 });
  const requests = async (): Promise<number> => {
    const { totals } = (await demo.admin("/report")).body as unknown as { totals: { request_total: number } };
    return totals.request_total;
  };
  const turn = async (name: string, on: boolean) => (await demo.admin(`/features/${name}?on=${on}`, "POST")).body;
  await demo.get("f");
  await until("the request is counted", async () => (await requests()) === 1);
  expect(await turn("metrics", false)).toMatchObject({ features: { metrics: false, tracing: true } });
  for (const name of ["nearCache", "tracing", "analysis"]) await turn(name, false);
  for (let count = 2; count < 5; count++) expect((await demo.get("f")).body).toMatchObject({ uid: "f", count });
  expect(await requests()).toBe(1);
  for (const name of ["metrics", "nearCache", "tracing", "analysis"]) await turn(name, true);
  await demo.get("f");
  await until("the request is counted", async () => (await requests()) === 2);
  expect((await demo.admin("/features")).body).toEqual({
    features: { nearCache: true, metrics: true, tracing: true, analysis: true },
  });
  expect(await demo.admin("/features/magic?on=true", "POST")).toMatchObject({ status: 404 });
  expect(await demo.admin("/features/metrics?on=1", "POST")).toMatchObject({ status: 400 });
});

it.each(linkStores)("several gateways side by side agree on every uid, with links in %s", async (_name, openStore) => {
  await using store = await openStore();
  await using demo = await openDemo({ gateways: 2, pods: 2, redisUrl: store.redisUrl });
  const { urls } = demo.demo;
  expect(new Set(urls).size).toBe(2);
  const uids = Array.from({ length: 60 }, (_unused, index) => `side-${index}`);
  // All at once, also through different gateways: whoever is first makes the link, and all follow it.
  const answers = await Promise.all(
    uids.flatMap((uid) => urls.map((url) => demo.send(`${url}/`, { headers: { "x-route-uid": uid } }))),
  );
  for (const [index, uid] of uids.entries()) {
    const own = answers.slice(index * 2, index * 2 + 2);
    expect(
      own.map(({ status }) => status),
      uid,
    ).toEqual([200, 200]);
    expect(new Set(own.map(({ body }) => body.pod)).size, uid).toBe(1);
    expect(own.map(({ body }) => body.count).sort(), uid).toEqual([1, 2]);
  }
});
