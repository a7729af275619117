// `pnpm demo`: a gateway in front of pods that hold state in memory, until Ctrl-C.
import {
  type Command,
  changesOf,
  type DemoConfig,
  type Features,
  readCommand,
  rereadValues,
  usage,
} from "./config/config.ts";
import type { Demo } from "./demo.ts";

const counterStory = (url: string, adminUrl: string, adminToken: string): string => `
  curl -H 'x-route-uid: alice' ${url}/hello
  curl '${url}/any/path?uid=bob'
  curl -H 'authorization: Bearer ${adminToken}' ${adminUrl}/links/alice

Each uid is served by one pod, which counts its requests.`;

const mcpStory = (url: string): string => `
  give an MCP client the address ${url}/mcp

Each session, or notebook, is kept by one pod.`;

const introduce = (
  { url, adminUrl, adminToken, urls, fleet }: Demo,
  { redisUrl, leaseMs, kind }: DemoConfig,
): string => {
  const pods = fleet.list().map(({ id, address, pid }) => `  pod ${id}     http://${address}  (pid ${pid})`);
  const others = urls.slice(1).map((other) => `  and       ${other}`);
  const store = redisUrl
    ? `links in Redis at ${redisUrl
        .split(",")
        .map((one) => new URL(one).host)
        .join(", ")}`
    : "links in this process's memory; set REDIS_URL to keep them in Redis";
  return `
@route demo: ${store}

  gateway   ${url}
  admin     ${adminUrl}/?token=${adminToken}
${[...others, ...pods].join("\n")}

Try:
${kind === "mcp" ? mcpStory(url) : counterStory(url, adminUrl, adminToken)} Kill a pod (kill -9 PID): its uids are served
again after ${leaseMs / 1000} s, and nobody else's move. Ctrl-C ends everything.
`;
};

const valuesOfFeatures = (features: Readonly<Features>) =>
  Object.entries(features).map(([name, isOn]) => [`features.${name}`, isOn] as const);

/** Reads the config again and switches what may change; says what else has changed, and stays as it is. */
const reload = (demo: Demo, running: ReadonlyMap<string, unknown>): void => {
  try {
    const wanted = rereadValues(process.argv.slice(2), process.env);
    const { changed, refused } = changesOf(new Map([...running, ...valuesOfFeatures(demo.features)]), wanted);
    for (const key of refused) console.error(`reload: ${key} cannot change while the demo runs; it stays as it was`);
    const features = Object.fromEntries(changed.map(([key, value]) => [key.replace("features.", ""), value]));
    demo.setFeatures(features);
    console.log(`reloaded: ${changed.map(([key, value]) => `${key} = ${value}`).join(", ") || "nothing has changed"}`);
  } catch (error) {
    console.error(`reload: ${(error as Error).message}; everything stays as it was`);
  }
};

const run = async (config: DemoConfig, hasFile: boolean): Promise<number> => {
  const running = rereadValues(process.argv.slice(2), process.env);
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // Without a file there is nothing to read again: the terminal has gone.
      if (signal !== "SIGHUP" || !hasFile) process.once(signal, () => resolve());
    }
  });
  // Loaded only here: whoever asks for help need not wait for it.
  const started = import("./demo.ts").then(({ startDemo }) => startDemo(config));
  const demo = await Promise.race([started, ended]);
  // Ended while it started: the pods end with this process.
  if (!demo) process.exit(130);
  if (hasFile) process.on("SIGHUP", () => reload(demo, running));
  console.log(introduce(demo, config));
  await ended;
  console.log("ending ...");
  await demo[Symbol.asyncDispose]();
  return 0;
};

const main = async (): Promise<number> => {
  let command: Command;
  try {
    command = readCommand(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${(error as Error).message}\n--help shows all options.`);
    return 2;
  }
  switch (command.do) {
    case "help":
      console.log(usage);
      return 0;
    case "scenario":
      // Loaded only here: scenarios use the repository's own tools.
      return (await import("./scenarios/run.ts")).runScenarios(command.options);
    case "run":
      return run(command.config, command.file !== undefined);
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`The demo could not start: ${(error as Error).message}`);
  process.exitCode = 1;
}
