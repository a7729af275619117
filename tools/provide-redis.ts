// Makes sure that the tests find a Redis server: REDIS_URL, or redis-server / valkey-server on PATH, or Debian's package.
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { findRedisBinary } from "./redis-server.ts";

const howTo = `The tests need a real Redis server, and none was found. Provide one of:
  Debian, Ubuntu   sudo apt-get install redis-server
  Fedora, RHEL     sudo dnf install valkey
  Alpine           apk add redis
  macOS            brew install redis
  Windows          run the tests in WSL, with the Debian line
  anywhere         REDIS_URL=redis://host:port of a server whose data may be erased`;

const run = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  }).status === 0;

/** Installs Debian's redis-server, as root or through passwordless sudo. False where that is not possible. */
const installFromDebian = (): boolean => {
  if (process.platform !== "linux" || !run("apt-get", ["--version"])) return false;
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const root = (...args: string[]): boolean => {
    const [command, ...rest] = [...asRoot, ...args];
    return run(command!, rest);
  };
  console.log("No redis-server on PATH: installing Debian's package redis-server ...");
  return (
    root("apt-get", "update", "-qq") &&
    root("apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server")
  );
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const found = process.env["REDIS_URL"] || findRedisBinary() || (installFromDebian() && findRedisBinary());
  if (!found) {
    console.error(howTo);
    process.exitCode = 1;
  }
}
