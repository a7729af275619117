import type { IncomingMessage } from "node:http";
import { wire } from "@route/executor";

/** A place where a request may name its uid, and the words that say so. */
export interface UidSource {
  readonly place: string;
  readonly read: (req: IncomingMessage) => string | undefined;
}

/** Without percent-encoding where there is a valid one. */
const decode = (text: string): string => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** The value of a cookie as it was sent. */
export const cookieOf = (req: IncomingMessage, name: string): string | undefined => {
  for (const part of (req.headers.cookie ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
};

/** A request header. Node reads header bytes as Latin-1; people send UTF-8. */
export const headerSource = (name: string = wire.uidHeader): UidSource => ({
  place: `the header ${name}`,
  read: ({ headers }) => {
    const value = headers[name.toLowerCase()];
    return typeof value === "string" ? Buffer.from(value, "latin1").toString("utf8") : undefined;
  },
});

/** A parameter of the query string. */
export const querySource = (name = "uid"): UidSource => ({
  place: `the query parameter ${name}`,
  read: ({ url = "" }) => {
    const start = url.indexOf("?");
    return start < 0 ? undefined : (new URLSearchParams(url.slice(start + 1)).get(name) ?? undefined);
  },
});

/** A cookie as it is: whoever can set cookies chooses the uid. */
export const cookieSource = (name = "uid"): UidSource => ({
  place: `the cookie ${name}`,
  read: (req) => {
    const value = cookieOf(req, name);
    return value === undefined ? undefined : decode(value);
  },
});

/** A part of the path, e.g. `/rooms/:uid/*`; `*` at the end stands for any rest. Throws a `TypeError` for another shape. */
export const pathSource = (template: string): UidSource => {
  const parts = template.split("/");
  const at = parts.indexOf(":uid");
  const open = parts.at(-1) === "*";
  const fixed = parts.filter((part) => part !== ":uid" && part !== "*");
  if (
    at < 1 ||
    parts[0] !== "" ||
    fixed.length + 1 + (open ? 1 : 0) !== parts.length ||
    /[?#:*]/.test(fixed.join(""))
  ) {
    throw new TypeError(`a path must look like /rooms/:uid/* and name :uid once, got ${JSON.stringify(template)}`);
  }
  const expected = open ? parts.slice(0, -1) : parts;
  return {
    place: `the path ${template}`,
    read: ({ url = "" }) => {
      const given = url.split(/[?#]/, 1)[0]!.split("/");
      if (open ? given.length < expected.length : given.length !== expected.length) return undefined;
      for (const [index, part] of expected.entries()) if (index !== at && part !== given[index]) return undefined;
      return given[at] ? decode(given[at]) : undefined;
    },
  };
};
