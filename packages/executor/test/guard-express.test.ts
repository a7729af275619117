import express from "express";
import { expect, it } from "vitest";
import { ownershipOf } from "../src/index.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { serve } from "./guard-fixture.ts";

it("guards an Express app: its middleware runs for the pod's own uids only, its errors are Express's", async () => {
  let ran = 0;
  const { address, headersFor } = await serve(new MemoryStore(), {
    listener: (agent) => {
      const app = express();
      app.use(agent.guard());
      app.use((_req, _res, next) => {
        ran++;
        next();
      });
      app.get("/room", (req, res) => void res.json(ownershipOf(req).uid));
      app.get("/broken", () => {
        throw new Error("user code");
      });
      app.use(
        ((error, _req, res, _next) =>
          void res.status(500).send(`${error.message} failed`)) as express.ErrorRequestHandler,
      );
      return app;
    },
  });
  const headers = await headersFor("alice");
  const get = (path: string, more: Record<string, string> = {}) =>
    fetch(`http://${address}${path}`, { headers: { ...headers, ...more } });
  const response = await get("/room");
  expect(await response.json()).toBe("alice");
  expect(response.headers.get("x-route-load")).toBe("1");
  expect((await get("/room", { "x-route-fence": "1" })).status).toBe(421);
  expect(ran).toBe(1);
  expect(await (await get("/broken")).text()).toBe("user code failed");
});
