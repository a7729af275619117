// A gateway process beside others. Started by `GatewayFleet`; its parent's end is its own.
import type { Features } from "../config/config.ts";
import { type GatewayConfig, startGateway } from "../gateway-service.ts";
import { openChildStore } from "../store/open-store.ts";
import { gatewayConfigVariable } from "./gateway-fleet.ts";

const config = JSON.parse(process.env[gatewayConfigVariable] ?? "null") as GatewayConfig | null;
if (!config || !process.send) throw new Error("a gateway process is started by the demo: run `pnpm demo`");

const store = openChildStore(config, process);
// Ctrl-C reaches the whole process group: the parent decides how its children end.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));

const gateway = await startGateway(config, store).catch((error: Error) => {
  // The parent says why.
  process.send?.({ failed: error.message }, () => process.exit(1));
  return new Promise<never>(() => {});
});
process.on(
  "message",
  (message: { features?: Partial<Features> }) => void Object.assign(gateway.features, message.features),
);
process.once("SIGTERM", () => {
  void gateway
    .close()
    .then(() => store.close())
    .catch(() => undefined)
    .then(() => process.exit(0));
});
process.send({ url: gateway.url });
