import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../../tools/free-port.ts";

/** A server in a process of its own. */
export interface ProxyProcess extends Disposable {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly child: ChildProcess;
}

/** The time that all threads have been on a core so far, in microseconds, to the nanosecond while they sleep. */
export const cpuMicros = (pid: number): number => {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
  }
  return nanos / 1000;
};

/** Starts `proxy-process.ts`. */
export const startNode = async (name: string, ...backends: readonly string[]): Promise<ProxyProcess> => {
  const main = join(import.meta.dirname, "proxy-process.ts");
  const child = fork(main, [name, ...backends], {
    execArgv: ["--conditions=route-source", "--expose-gc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { name, port, pid: child.pid!, child, [Symbol.dispose]: () => void child.kill("SIGKILL") };
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false)).on("connect", () => socket.destroy());
  });

/** Starts nginx with one worker; `servers` is what stands in its http block, given a free port. */
export const startNginx = async (name: string, servers: (port: number) => string): Promise<ProxyProcess> => {
  try {
    execFileSync("nginx", ["-v"], { stdio: "ignore" });
  } catch {
    throw new Error("the bench compares with nginx: install it (Debian: nginx-light, or run .ci/provide)");
  }
  const folder = mkdtempSync(join(tmpdir(), "route-nginx-"));
  const port = await freePort();
  const config = `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log crit;
events { worker_connections 8192; }
http { access_log off; keepalive_requests 100000000; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ${servers(port)} }`;
  writeFileSync(join(folder, "conf"), config);
  const child = spawn("nginx", ["-c", join(folder, "conf"), "-p", folder], { stdio: "inherit" });
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with code ${child.exitCode}`);
    await sleep(20);
  }
  const end = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { name, port, pid: child.pid!, child, [Symbol.dispose]: end };
};

/** A backend that answers with 128 bytes. */
export const startBackend = (): Promise<ProxyProcess> =>
  startNginx(
    "backend",
    (port) => `server { listen 127.0.0.1:${port}; location / { return 200 "${"x".repeat(128)}"; } }`,
  );

/** nginx as proxy: the uid is hashed onto the backends, connections are kept, upgrades pass. */
export const startNginxProxy = (backends: readonly string[], name = "nginx"): Promise<ProxyProcess> =>
  startNginx(
    name,
    (port) => `map $http_upgrade $connection_of { default upgrade; "" ""; }
  upstream pods { hash $http_x_route_uid consistent; ${backends.map((one) => `server ${one};`).join(" ")} keepalive 128;
    keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://pods; proxy_http_version 1.1;
    proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_of;
    proxy_read_timeout 600s; } }`,
  );
