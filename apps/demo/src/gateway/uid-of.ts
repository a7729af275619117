import type { IncomingMessage } from "node:http";
import { checkUid, ExecutorError, wire } from "@route/executor";
import { GatewayError } from "./errors.ts";

const places = `the header ${wire.uidHeader}, the query parameter uid, or the cookie uid`;

// Node reads header bytes as Latin-1; people send UTF-8.
const fromHeader = (req: IncomingMessage): string | undefined => {
  const value = req.headers[wire.uidHeader];
  return typeof value === "string" ? Buffer.from(value, "latin1").toString("utf8") : undefined;
};

const fromQuery = (req: IncomingMessage): string | undefined => {
  const url = req.url ?? "";
  const start = url.indexOf("?");
  return start < 0 ? undefined : (new URLSearchParams(url.slice(start + 1)).get("uid") ?? undefined);
};

const fromCookie = (req: IncomingMessage): string | undefined => {
  const match = /(?:^|;\s*)uid=([^;]*)/.exec(req.headers.cookie ?? "");
  if (!match) return undefined;
  try {
    return decodeURIComponent(match[1]!.trim());
  } catch {
    return match[1];
  }
};

/** The uid that a request names: header before query before cookie. Throws a 400 that says where a uid may stand. */
export const uidOf = (req: IncomingMessage): string => {
  const uid = fromHeader(req) ?? fromQuery(req) ?? fromCookie(req);
  if (uid === undefined) throw new GatewayError(400, "UID_MISSING", `the request names no uid: put it in ${places}`);
  try {
    return checkUid(uid);
  } catch (error) {
    if (!(error instanceof ExecutorError)) throw error;
    throw new GatewayError(400, "UID_INVALID", `${error.message}; a uid stands in ${places}`);
  }
};
