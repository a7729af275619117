import type { Link, PodRecord } from "@route/executor";
import { expect, it } from "vitest";
import { explainLink } from "../src/dashboard/explain-link.ts";

const link: Link = { pod: 0, incarnation: 7, fence: 1_790_000_000_000_000, lifetimeSeconds: 60, origin: "new" };
const pod: PodRecord = {
  ...{ pod: 0, incarnation: 7, address: "127.0.0.1:1", revision: "", state: "ready", load: 1 },
  ...{ sealed: false, leaseLeftMs: 1000, returnLeftMs: 0 },
};

it.each<[string, Partial<Link>, Partial<PodRecord> | undefined, RegExp]>([
  [
    "a ready pod",
    {},
    {},
    /^"u" lives on pod 0 since 2026-09-21T\S+: it was placed there as new\. .*ready and serves it/,
  ],
  ["one that drains", { origin: "move" }, { state: "deny-new" }, /handed it over\. That pod is leaving \(deny-new\)/],
  ["one that is silent", { origin: "takeover" }, { leaseLeftMs: 0 }, /had died\. That pod is silent/],
  ["a sealed one", {}, { sealed: true }, /That pod is gone/],
  ["an unknown one", {}, undefined, /That pod is gone/],
  ["a move", { origin: "restart", moving: { pod: 2, incarnation: 1 } }, {}, /on its way to pod 2/],
  ["no fence", { fence: 0 }, {}, /^"u" lives on pod 0: /],
])("says where a uid lives and what comes next: %s", (_, linkHas, podHas, expected) => {
  expect(explainLink("u", { ...link, ...linkHas }, podHas && { ...pod, ...podHas })).toMatch(expected);
});
