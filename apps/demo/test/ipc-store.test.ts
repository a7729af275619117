import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { storeContract } from "../../../packages/executor/test/contract/store-contract.ts";
import { openIpcStore } from "../src/store/ipc-store.ts";
import { own } from "./owned.ts";

// A busy machine may take more than a second for an answer; what is tested here is not its speed.
const patientMs = 15_000;

const hostStore = async (): Promise<ChildProcess> => {
  const host = own(
    fork(join(import.meta.dirname, "store-host.ts"), {
      execArgv: ["--conditions=route-source"],
      serialization: "advanced",
    }),
  );
  // A busy machine may take longer to start a process than a call may take.
  await once(host, "message");
  return host;
};

storeContract("the store over IPC", async () => {
  const host = await hostStore();
  const store = openIpcStore(host, patientMs);
  return {
    store,
    close: async () => {
      await store.close();
      host.kill("SIGKILL");
    },
  };
});

it("fails with UNAVAILABLE and an unknown outcome when the other process dies, and stays so", async () => {
  const host = await hostStore();
  const store = openIpcStore(host, patientMs);
  const service = { namespace: "n", service: "s" };
  await store.pods(service);
  host.kill("SIGSTOP");
  const waiting = expect(store.pods(service)).rejects.toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
  host.kill("SIGKILL");
  await waiting;
  await expect(store.pods(service)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await store.close();
});

it("fails with TIMEOUT when the other process does not answer, and with CLOSED after close", async () => {
  const host = await hostStore();
  const store = openIpcStore(host, 200);
  const service = { namespace: "n", service: "s" };
  host.kill("SIGSTOP");
  await expect(store.pods(service)).rejects.toMatchObject({ code: "TIMEOUT", outcome: "unknown", retryable: true });
  await store.close();
  await expect(store.pods(service)).rejects.toMatchObject({ code: "CLOSED" });
  host.kill("SIGKILL");
  await once(host, "exit");
});
