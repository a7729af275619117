import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { freePort } from "../../../tools/free-port.ts";
import { serverOptions, startRedis, startServer } from "../../../tools/redis-server.ts";
import { RedisStore } from "../src/redis.ts";
import { operationsContract } from "./contract/operations-contract.ts";
import { storeContract } from "./contract/store-contract.ts";
import { patient } from "./waiting.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** The rights that the README says are enough, by the prefix of the keys. */
const rights = (prefix: string): string[] => {
  const line = new RegExp(`^ACL SETUSER route on >secret ~${prefix}\\* (.+)$`, "m").exec(readme)?.[1];
  if (line === undefined) throw new Error(`the README must tell the rights for ~${prefix}*`);
  return [`~${prefix}*`, ...line.split(" ")];
};

/** A server that speaks TLS with a certificate of its own, where user `route` may do what the README says. */
const openSecured = async (layout: "native" | "legacy", prefix: string) => {
  const folder = mkdtempSync(join(tmpdir(), "route-tls-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"];
  const names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate];
  await promisify(execFile)("openssl", [...request, ...names]);
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
  let tlsPort = 0;
  const server = await startServer(async (port, data) => {
    tlsPort = await freePort();
    return [
      ...serverOptions(port, data),
      "--appendonly",
      "yes",
      "--tls-port",
      `${tlsPort}`,
      "--tls-auth-clients",
      "no",
      ...files,
    ];
  });
  const admin = new Redis(server.url);
  await admin.acl("SETUSER", "route", "on", ">secret", ...rights(prefix));
  admin.disconnect();
  const tls = { ca: readFileSync(certificate) };
  const store = new RedisStore({ url: `rediss://route:secret@127.0.0.1:${tlsPort}`, tls, layout, ...patient });
  const close = async (): Promise<void> => {
    await store.close();
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { store, close };
};

storeContract("TLS and the fewest rights", () => openSecured("native", "route:1:"));
operationsContract("TLS and the fewest rights, legacy layout", () => openSecured("legacy", "sf:"), { fenced: false });

describe("TLS", () => {
  it("refuses a server that it cannot verify", async () => {
    const { store, close } = await openSecured("native", "route:1:");
    await using server = await startRedis();
    await using wrong = new RedisStore({ url: server.url.replace("redis:", "rediss:"), timeoutMs: 500 });
    await expect(wrong.getLink({ namespace: "n", service: "s", uid: "u" })).rejects.toMatchObject({ retryable: true });
    expect(await store.check()).toEqual([expect.objectContaining({ code: "no-tracking" })]);
    await close();
  });
});
