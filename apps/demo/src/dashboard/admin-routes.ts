import type { IncomingMessage, ServerResponse } from "node:http";
import { type PerformanceReport, renderReport } from "@route/analysis";
import type { ServiceScope, StatefulRouter } from "@route/executor";
import type { Features } from "../config/config.ts";
import { GatewayError, sendJson } from "../gateway/errors.ts";
import type { Fleet } from "../pods/fleet.ts";
import type { AdminRequest, AdminRoute } from "./admin-server.ts";
import { explainLink } from "./explain-link.ts";
import { dashboardPage, dashboardPolicy } from "./page.ts";

/** What the pages show, and what they can do. */
export interface AdminSources {
  readonly scope: ServiceScope;
  readonly router: StatefulRouter;
  readonly fleet: Fleet;
  readonly leaseMs: number;
  readonly metrics: (req: IncomingMessage, res: ServerResponse) => unknown;
  readonly features: Readonly<Features>;
  readonly setFeatures: (change: Partial<Features>) => void;
  /** The analysis as of now, and the totals that `/metrics` shows, so that both can be compared. */
  readonly report: () => Promise<{ readonly report: PerformanceReport; readonly totals: object }>;
}

const sendText = (res: ServerResponse, type: string, body: string): void => {
  res.writeHead(200, { "content-type": `${type}; charset=utf-8`, "content-length": Buffer.byteLength(body) });
  res.end(body);
};

const numberParam = ({ url }: AdminRequest, name: string, least: number, most: number): number => {
  const text = url.searchParams.get(name) ?? "";
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new GatewayError(
    400,
    "BAD_PARAMETER",
    `${name} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}`,
  );
};

const totalsText = (totals: object): string =>
  Object.entries(totals)
    .map(([name, value]) => `  ${name} ${value}`)
    .join("\n");

/** The routes of the admin listener. */
export const adminRoutes = ({
  scope,
  router,
  fleet,
  leaseMs,
  metrics,
  report,
  features,
  setFeatures,
}: AdminSources): AdminRoute[] => {
  const showDashboard = ({ res }: AdminRequest): void => {
    res.setHeader("content-security-policy", dashboardPolicy);
    res.setHeader("cache-control", "no-store");
    sendText(res, "text/html", dashboardPage);
  };

  const showReport = async ({ res, url, req }: AdminRequest): Promise<void> => {
    const { report: analysis, totals } = await report();
    const wantsJson = url.searchParams.get("format") === "json" || req.headers.accept?.includes("application/json");
    if (wantsJson) sendJson(res, 200, { ...analysis, totals });
    else
      sendText(res, "text/plain", `${renderReport(analysis, "text")}\nTotals since the start\n${totalsText(totals)}\n`);
  };

  const showLink = async ({ res, params }: AdminRequest): Promise<void> => {
    const uid = params["uid"]!;
    const link = await scope.getLinkedPod(uid);
    if (!link)
      throw new GatewayError(
        404,
        "NOT_LINKED",
        `${JSON.stringify(uid)} is linked to no pod: the next request for it gets it one`,
      );
    const pods = await scope.pods();
    const pod = pods.find((record) => record.pod === link.pod && record.incarnation === link.incarnation);
    sendJson(res, 200, { uid, link, pod, explanation: explainLink(uid, link, pod) });
  };

  const showPods = async ({ res }: AdminRequest): Promise<void> => {
    const records = await router.pods();
    sendJson(res, 200, {
      leaseMs,
      pods: records.map((record) => ({ ...record, pid: fleet.get(record.pod)?.pid })),
    });
  };

  const scale = async (request: AdminRequest): Promise<void> => {
    await fleet.scale(numberParam(request, "count", 1, 100));
    await router.refreshPods();
    await showPods(request);
  };

  const setFault = (request: AdminRequest): void => {
    const { url, params, res } = request;
    const reset = url.searchParams.get("reset") === "true";
    const delayMs = url.searchParams.has("delayMs") ? numberParam(request, "delayMs", 0, 60_000) : undefined;
    if (!fleet.setFault(Number(params["pod"]), { reset, delayMs })) {
      throw new GatewayError(404, "NO_SUCH_POD", `pod ${params["pod"]} is not running`);
    }
    sendJson(res, 200, { pod: Number(params["pod"]), fault: { reset, delayMs } });
  };

  const switchFeature = ({ res, url, params }: AdminRequest): void => {
    const name = params["feature"]!;
    if (!Object.hasOwn(features, name)) {
      const message = `no feature ${JSON.stringify(name)}; there are ${Object.keys(features).join(", ")}`;
      throw new GatewayError(404, "NO_SUCH_FEATURE", message);
    }
    const text = url.searchParams.get("on");
    if (text !== "true" && text !== "false") {
      throw new GatewayError(400, "BAD_PARAMETER", `on must be true or false, got ${JSON.stringify(text)}`);
    }
    setFeatures({ [name]: text === "true" });
    sendJson(res, 200, { features });
  };

  return [
    { method: "GET", path: "/features", handle: ({ res }) => sendJson(res, 200, { features }) },
    { method: "POST", path: "/features/:feature", handle: switchFeature },
    { method: "GET", path: "/", handle: showDashboard },
    { method: "GET", path: "/metrics", handle: ({ req, res }) => metrics(req, res) },
    { method: "GET", path: "/report", handle: showReport },
    { method: "GET", path: "/links/:uid", handle: showLink },
    { method: "GET", path: "/pods", handle: showPods },
    { method: "POST", path: "/pods", handle: scale },
    { method: "POST", path: "/pods/:pod/fault", handle: setFault },
  ];
};
