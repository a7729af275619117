import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ExecutorError } from "@route/executor";
import { GatewayError, sendError, sendJson } from "../gateway/errors.ts";

/** One request to the admin listener. */
export interface AdminRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
  /** What stood in the route's place holders, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** Answers requests whose method and path fit; `:name` in a path stands for one part. */
export interface AdminRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly handle: (request: AdminRequest) => unknown;
}

const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const expected = pattern.split("/");
  const parts = path.split("/");
  if (expected.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of expected.entries()) {
    if (name.startsWith(":")) params[name.slice(1)] = decodeURIComponent(parts[index]!);
    else if (name !== parts[index]) return undefined;
  }
  return params;
};

const tokenOf = (req: IncomingMessage, url: URL): string =>
  /^Bearer (.+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? url.searchParams.get("token") ?? "";

const isToken = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** Names of this machine: a page of a site that points its own name here (DNS rebinding) sends that name. */
const isLoopback = (host: string): boolean => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);

const checkSite = ({ headers }: IncomingMessage): void => {
  const { host = "", origin } = headers;
  if (!isLoopback(host)) throw new GatewayError(403, "HOST", "the admin listener answers to loopback names only");
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new GatewayError(403, "ORIGIN", "the admin listener takes no requests from pages of other sites");
  }
};

const toGatewayError = (error: unknown): GatewayError => {
  if (error instanceof GatewayError) return error;
  if (error instanceof URIError) return new GatewayError(400, "BAD_PATH", "the path is not valid percent-encoding");
  if (!(error instanceof ExecutorError))
    return new GatewayError(500, "INTERNAL", "the request failed", { cause: error });
  const status = error.code === "INVALID_ARGUMENT" ? 400 : 503;
  return new GatewayError(status, error.code, error.message, { cause: error, retryAfterMs: error.retryAfterMs });
};

/** The listener for operators: everything on it wants the token, as a bearer token or as `?token=`. Listen on loopback. */
export const createAdminServer = (token: string, routes: readonly AdminRoute[]): Server => {
  const dispatch = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    checkSite(req);
    const url = new URL(req.url ?? "/", "http://admin.invalid");
    if (!isToken(tokenOf(req, url), token)) {
      res.setHeader("www-authenticate", "Bearer");
      throw new GatewayError(
        401,
        "TOKEN",
        "send the admin token as `authorization: Bearer TOKEN` or as ?token=TOKEN; the demo prints it",
      );
    }
    const method = req.method === "HEAD" ? "GET" : req.method;
    for (const route of routes) {
      const params = route.method === method ? matchPath(route.path, url.pathname) : undefined;
      if (params) return void (await route.handle({ req, res, url, params }));
    }
    const known = routes.map((route) => `${route.method} ${route.path}`);
    sendJson(res, 404, { error: { code: "NOT_FOUND", message: `no such page; there are ${known.join(", ")}` } });
  };
  return createServer((req, res) => {
    dispatch(req, res).catch((error: unknown) => sendError(res, toGatewayError(error)));
  });
};
