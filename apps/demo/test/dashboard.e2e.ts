import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import { names, openDemo, until } from "./harness.ts";

const executablePath = "/usr/bin/chromium";

it("shows pods, traffic, issues and links in a browser, without a word from outside", async () => {
  if (!existsSync(executablePath)) throw new Error("this test needs a browser: apt-get install chromium");
  await using demo = await openDemo();
  await demo.podsOf(names("d", 30));
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage();
    const foreign: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(demo.demo.adminUrl)) foreign.push(request.url());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${demo.demo.adminUrl}/?token=token`);
    const rows = page.locator("#pods tr");
    await until("three pods on the page", async () => (await rows.count()) === 3);
    expect(await page.locator(".state.ready").count()).toBe(3);
    expect(await page.locator("#figures").textContent()).toMatch(/\D30requests/);

    demo.pod(1).child.kill("SIGKILL");
    await until("the dead pod is shown as gone", async () => (await page.locator(".state.gone").count()) === 1);

    await page.fill("input[name=uid]", "d-0");
    await page.click("button");
    await until("the link is shown", async () => /"fence"/.test((await page.locator("#answer").textContent()) ?? ""));
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});
