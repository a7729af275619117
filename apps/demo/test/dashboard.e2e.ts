import { existsSync } from "node:fs";
import { chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { names, openDemo, until } from "./harness.ts";

const executablePath = "/usr/bin/chromium";

let browser: Awaited<ReturnType<typeof chromium.launch>>;
beforeAll(async () => {
  if (!existsSync(executablePath)) throw new Error("this test needs a browser: apt-get install chromium");
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});
afterAll(() => browser?.close());

const shows = (page: Page, id: string, pattern: RegExp): Promise<void> =>
  until(`${pattern} in #${id}`, async () => pattern.test((await page.locator(`#${id}`).textContent()) ?? ""));

it("shows pods, traffic, issues and links in a browser, without a word from outside", async () => {
  await using demo = await openDemo({ leaseMs: 8000 });
  await demo.podsOf(names("d", 30));
  const page = await browser.newPage();
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(demo.demo.adminUrl)) foreign.push(request.url());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  await page.goto(`${demo.demo.adminUrl}/?token=token`);
  await shows(page, "banner", /All well3 pods are ready and hold 30 uids/);
  await shows(page, "pods", /(\d● ready\d.*){3}/);
  await shows(page, "traffic", /requests a second\d+\/s/);
  await shows(page, "issues", /./);

  await page.fill("input[name=uid]", "d-0");
  await page.click("#link button");
  await shows(page, "answer", /^"d-0" lives on pod \d since .*placed there as new\. That pod is ready/);
  await page.click("text=tracing on");
  await shows(page, "features", /tracing off/);
  expect((await demo.admin("/features")).body).toMatchObject({ features: { tracing: false } });

  demo.pod(1).child.kill("SIGKILL");
  await shows(page, "banner", /Gone: pod 1/);
  await shows(page, "pods", /✕ (gone|silent)/);
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

it("fits a phone, light and dark, and says when nobody answers and what is wrong with a token", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  const page = await context.newPage();
  {
    await using demo = await openDemo({ pods: 1 });
    const refused = await page.goto(`${demo.demo.adminUrl}/?token=wrong`);
    expect(refused?.status()).toBe(401);
    expect(await refused?.text()).toContain("the demo prints it");
    await page.goto(`${demo.demo.adminUrl}/?token=token`);
    await shows(page, "banner", /All well/);
    const overflow = () => page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(await overflow()).toBe(0);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await overflow()).toBe(0);
  }
  await shows(page, "banner", /The gateway does not answer/);
  await context.close();
});
