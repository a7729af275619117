import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { OtlpHttpExporter } from "@route/tracing/otlp";
import { expect, it } from "vitest";
import { finishedSpan } from "./_spans.ts";

/** A key and a certificate for `localhost`, signed by itself. */
const certify = (): string => {
  const about = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "-", "-out", "-"];
  const { stdout, error } = spawnSync("openssl", ["req", "-x509", ...key, ...about, "-days", "2"]);
  if (error)
    throw new Error("openssl is not on PATH: install Debian's openssl, or `brew install openssl`", { cause: error });
  return stdout.toString();
};

it("sends spans over TLS to a receiver that it can verify, and to no other", async () => {
  const pem = certify();
  const server = createServer({ key: pem, cert: pem }, (request, response) => {
    request.resume().once("end", () => response.end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `https://localhost:${(server.address() as AddressInfo).port}/v1/traces`;
  const send = async (): Promise<number> => {
    await using exporter = new OtlpHttpExporter({ url, retryForMs: 0 });
    const { promise, resolve } = Promise.withResolvers<number>();
    exporter.export([finishedSpan()], ({ code }) => resolve(code));
    return await promise;
  };
  const trusted = getCACertificates("default");
  try {
    expect(await send()).toBe(1);
    setDefaultCACertificates([...trusted, pem]);
    expect(await send()).toBe(0);
  } finally {
    setDefaultCACertificates(trusted);
    server.closeAllConnections();
    server.close();
  }
});
