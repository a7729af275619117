import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startReceiver } from "./_receiver.ts";

const root = join(import.meta.dirname, "..");
const examples = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".ts"));

const run = (file: string, url: string): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["--conditions=route-source", join(root, "examples", file)], {
      env: { ...process.env, OTLP_URL: url, NODE_OPTIONS: "" },
    });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text));
    child.stderr.on("data", (text: Buffer) => (output += text));
    child.once("close", (code) => resolve({ code, output }));
  });

describe("the examples", () => {
  it.each(examples)("%s runs and finishes by itself", async (file) => {
    await using receiver = await startReceiver();
    const { code, output } = await run(file, receiver.url);
    expect(code, output).toBe(0);
    if (file === "quickstart.ts") {
      expect(receiver.spans.map(({ name }) => name).sort()).toEqual([
        "GET /rooms/:id",
        "cache.get",
        "loadbalancer.select",
      ]);
      expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
      expect(output).toContain("room 7 lives on pod 2");
    }
  });

  it("are quoted by the README: the quickstart, word for word", () => {
    const quickstart = readFileSync(join(root, "examples/quickstart.ts"), "utf8");
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(quickstart);
  });
});
