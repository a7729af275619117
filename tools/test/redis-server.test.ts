import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { serverOptions, startRedis, startServer } from "../redis-server.ts";

const occupy = async (port: number): Promise<Disposable> => {
  const server = createServer(() => {}).listen(port, "127.0.0.1");
  await once(server, "listening");
  return { [Symbol.dispose]: () => void server.close() };
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it("takes another port when somebody took the first after it was looked at", async () => {
  using stack = new DisposableStack();
  const ports: number[] = [];
  await using server = await startServer(async (port, folder) => {
    ports.push(port);
    if (ports.length === 1) stack.use(await occupy(port));
    return serverOptions(port, folder);
  });
  expect(ports).toHaveLength(2);
  expect(server.port).toBe(ports[1]);
});

it("tells the end of its log when it cannot start", async () => {
  await expect(startRedis(["--no-such-option", "1"])).rejects.toThrow("no-such-option");
});

it("ends with the process that started it, even when that is killed", async () => {
  const script = `import { startRedis } from ${JSON.stringify(join(import.meta.dirname, "../redis-server.ts"))};
    import { execFileSync } from "node:child_process";
    const { port } = await startRedis();
    const info = execFileSync("redis-cli", ["-p", String(port), "info", "server"], { encoding: "utf8" });
    console.log(/process_id:(\\d+)/.exec(info)[1]);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  while (isRunning(pid)) await sleep(20);
});
