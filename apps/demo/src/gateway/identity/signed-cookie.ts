import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { cookieOf } from "./sources.ts";

/** Options of {@link SignedCookie}. */
export interface SignedCookieOptions {
  /** Default `route-uid`. */
  readonly name?: string;
  /** At least 16 characters each. The first one signs, all are accepted: so keys can be changed. */
  readonly keys: readonly string[];
  /** How long a cookie is good for, in seconds. Default a week. */
  readonly maxAgeSeconds?: number;
  /** Sent over https only. Default true. */
  readonly secure?: boolean;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
}

const leastKeyLength = 16;
const namePattern = /^[\w.-]+$/;

/** A uid that only the gateway can give out: `uid.expiry.signature`, made with HMAC-SHA256. */
export class SignedCookie {
  readonly name: string;
  readonly #keys: readonly string[];
  readonly #maxAgeSeconds: number;
  readonly #secure: boolean;
  readonly #now: () => number;

  constructor(options: SignedCookieOptions) {
    const { name = "route-uid", keys, maxAgeSeconds = 604_800, secure = true, now = Date.now } = options;
    if (!namePattern.test(name)) throw new TypeError(`a cookie's name must match ${namePattern}, got "${name}"`);
    if (keys.length === 0 || keys.some((key) => key.length < leastKeyLength)) {
      throw new TypeError(`keys must hold at least one key, each of at least ${leastKeyLength} characters`);
    }
    if (!(maxAgeSeconds >= 1)) throw new RangeError(`maxAgeSeconds must be at least 1, got ${maxAgeSeconds}`);
    this.name = name;
    this.#keys = keys;
    this.#maxAgeSeconds = maxAgeSeconds;
    this.#secure = secure;
    this.#now = now;
  }

  /** The uid of a request's cookie, if this gateway has signed it and it has not expired. */
  read(req: IncomingMessage): string | undefined {
    const [encoded, expiry, signature, ...rest] = (cookieOf(req, this.name) ?? "").split(".");
    if (!encoded || !expiry || !signature || rest.length > 0) return undefined;
    const given = Buffer.from(signature, "base64url");
    const isGenuine = this.#keys.some((key) => {
      const expected = this.#sign(key, `${encoded}.${expiry}`);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    if (!isGenuine || Number.parseInt(expiry, 36) * 1000 <= this.#now()) return undefined;
    return Buffer.from(encoded, "base64url").toString();
  }

  /** A new uid, and the `Set-Cookie` value that carries it. */
  issue(uid: string = randomUUID()): { readonly uid: string; readonly setCookie: string } {
    const expiry = (Math.floor(this.#now() / 1000) + this.#maxAgeSeconds).toString(36);
    const payload = `${Buffer.from(uid).toString("base64url")}.${expiry}`;
    const value = `${payload}.${this.#sign(this.#keys[0]!, payload).toString("base64url")}`;
    const attributes = `Path=/; Max-Age=${this.#maxAgeSeconds}; HttpOnly; SameSite=Lax${this.#secure ? "; Secure" : ""}`;
    return { uid, setCookie: `${this.name}=${value}; ${attributes}` };
  }

  // With the name: a signature for one cookie must not pass for another.
  #sign(key: string, payload: string): Buffer {
    return createHmac("sha256", key).update(`${this.name}=${payload}`).digest();
  }
}
