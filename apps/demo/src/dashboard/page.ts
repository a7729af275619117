import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name: string): string => readFileSync(join(import.meta.dirname, "page", name), "utf8");
const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const style = read("page.css");
const script = read("page.js");

/** The dashboard: one page without anything from outside, which reads the other admin routes every second. */
export const dashboardPage: string = read("page.html")
  .replace("/* page.css */", () => style)
  .replace("/* page.js */", () => script);

/** What the page may do: run what is written in it, and ask this listener. */
export const dashboardPolicy: string = [
  ...["default-src 'none'", "connect-src 'self'", `script-src ${hashOf(script)}`, `style-src ${hashOf(style)}`],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join("; ");
