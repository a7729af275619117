// `pnpm demo`: a gateway in front of pods that hold state in memory, until Ctrl-C.
import { type DemoConfig, readConfig, readScenario, usage } from "./config.ts";
import { type Demo, startDemo } from "./demo.ts";

const introduce = ({ url, adminUrl, adminToken, fleet }: Demo, { redisUrl, leaseMs }: DemoConfig): string => {
  const pods = fleet.list().map(({ id, address, pid }) => `  pod ${id}     http://${address}  (pid ${pid})`);
  const store = redisUrl
    ? `links in Redis at ${new URL(redisUrl).host}`
    : "links in this process's memory; set REDIS_URL to keep them in Redis";
  return `
@route demo: ${store}

  gateway   ${url}
  admin     ${adminUrl}/?token=${adminToken}
${pods.join("\n")}

Try:

  curl -H 'x-route-uid: alice' ${url}/hello
  curl '${url}/any/path?uid=bob'
  curl -H 'authorization: Bearer ${adminToken}' ${adminUrl}/links/alice

Each uid is served by one pod, which counts its requests. Kill a pod (kill -9 PID): its uids are served
again after ${leaseMs / 1000} s, and nobody else's move. Ctrl-C ends everything.
`;
};

const main = async (): Promise<number> => {
  let config: DemoConfig | undefined;
  try {
    const scenario = readScenario(process.argv.slice(2));
    // Loaded only here: scenarios use the repository's own tools.
    if (scenario) return (await import("./scenarios/run.ts")).runScenarios(scenario);
    config = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (!config) {
    console.log(usage);
    return 0;
  }
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
  const demo = await Promise.race([startDemo(config), ended]);
  // Ended while it started: the pods end with this process.
  if (!demo) process.exit(130);
  console.log(introduce(demo, config));
  await ended;
  console.log("ending ...");
  await demo[Symbol.asyncDispose]();
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`The demo could not start: ${(error as Error).message}`);
  process.exitCode = 1;
}
