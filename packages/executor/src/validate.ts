import { ExecutorError } from "./errors.ts";
import type {
  HandedState,
  LinkExpectation,
  LinkLifetime,
  LinkTarget,
  Owner,
  PodStatus,
  RoutingState,
  ServiceName,
  Tenure,
} from "./types.ts";

/** The longest uid, namespace or service name, in UTF-8 bytes. */
export const maxNameBytes = 512;

/** The most uids or services in one call. */
export const maxBatch = 4096;

/** The most that a pod hands over with a uid, in bytes (of UTF-8). */
export const maxHandedBytes: number = 1_048_576;

/** The longest reported state, in UTF-8 bytes. */
export const maxStateBytes = 65_536;

// Braces would move the hash tag of a Redis key, control characters would break logs and headers.
const forbiddenInUid = /[{}\p{Cc}]/u;
const forbiddenInName = /[{}:\p{Cc}]/u;
const states: readonly RoutingState[] = ["ready", "deny-new", "shutdown"];

const invalid = (name: string, rule: string, value: unknown): ExecutorError => {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
  return new ExecutorError("INVALID_ARGUMENT", `${name} must be ${rule}, got ${shown}`);
};

const checkText = (
  name: string,
  value: unknown,
  forbidden: RegExp | undefined,
  rule: string,
  maxBytes: number = maxNameBytes,
): string => {
  // isWellFormed: lone surrogates all become U+FFFD in UTF-8, so that two uids would share one key.
  if (typeof value !== "string" || value === "" || forbidden?.test(value) || !value.isWellFormed()) {
    throw invalid(name, rule, value);
  }
  // A UTF-16 code unit takes at most 3 bytes, so that short names need no count.
  if (value.length * 3 > maxBytes && new TextEncoder().encode(value).length > maxBytes) {
    throw invalid(name, `at most ${maxBytes} bytes of UTF-8`, value);
  }
  return value;
};

/** Throws `INVALID_ARGUMENT` unless `uid` is text of 1 to 512 bytes without braces and control characters. */
export const checkUid = (uid: unknown): string =>
  checkText("uid", uid, forbiddenInUid, "non-empty text without braces and control characters");

/** Throws `INVALID_ARGUMENT` unless both parts are text of 1 to 512 bytes without braces, colons and control characters. */
export const checkServiceName = ({ namespace, service }: ServiceName): ServiceName => {
  const rule = "non-empty text without braces, colons and control characters";
  return {
    namespace: checkText("namespace", namespace, forbiddenInName, rule),
    service: checkText("service", service, forbiddenInName, rule),
  };
};

const checkInteger = (name: string, value: unknown, least: number, most: number): number => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, `an integer from ${least} to ${most}`, value);
};

/** Throws `INVALID_ARGUMENT` unless `pod` is an integer from 0 to 2^31 - 1. */
export const checkPodId = (pod: unknown): number => checkInteger("pod", pod, 0, 2 ** 31 - 1);

/** Throws `INVALID_ARGUMENT` unless the pod id and the incarnation are in range. */
export const checkOwner = ({ pod, incarnation }: Owner): Owner => ({
  pod: checkPodId(pod),
  incarnation: checkInteger("incarnation", incarnation, 1, Number.MAX_SAFE_INTEGER),
});

/** Throws `INVALID_ARGUMENT` unless owner and fence are in range. */
export const checkTenure = ({ pod, incarnation, fence }: Tenure): Tenure => ({
  ...checkOwner({ pod, incarnation }),
  fence: checkFence(fence),
});

/** Throws `INVALID_ARGUMENT` unless `state` is well-formed text or bytes of at most 1 MiB. */
export const checkHanded = (state: unknown): HandedState => {
  const rule = `well-formed text or a Uint8Array of at most ${maxHandedBytes} bytes`;
  if (typeof state === "string" ? !state.isWellFormed() : !(state instanceof Uint8Array)) {
    throw invalid("the state handed over", rule, typeof state);
  }
  const handed = state as HandedState;
  const bytes = Buffer.byteLength(handed);
  if (bytes > maxHandedBytes) throw invalid("the state handed over", rule, `${bytes} bytes`);
  return handed;
};

/** Throws `INVALID_ARGUMENT` unless the pod id is in range, and the incarnation, if there is one. */
export const checkTarget = ({ pod, incarnation }: LinkTarget): Owner => ({
  pod: checkPodId(pod),
  incarnation: incarnation === undefined ? 0 : checkInteger("incarnation", incarnation, 0, Number.MAX_SAFE_INTEGER),
});

/** Throws `INVALID_ARGUMENT` unless what the link is expected to be is in range. */
export const checkExpectation = ({ pod, incarnation, fence }: LinkExpectation): LinkExpectation => ({
  pod: checkPodId(pod),
  incarnation:
    incarnation === undefined ? undefined : checkInteger("incarnation", incarnation, 0, Number.MAX_SAFE_INTEGER),
  fence: fence === undefined ? undefined : checkInteger("fence", fence, 0, Number.MAX_SAFE_INTEGER),
});

/** Throws `INVALID_ARGUMENT` unless `values` has at most 4096 members. */
export const checkBatch = <Value>(name: string, values: readonly Value[]): readonly Value[] => {
  if (Array.isArray(values) && values.length <= maxBatch) return values;
  throw invalid(name, `an array of at most ${maxBatch}`, Array.isArray(values) ? `${values.length}` : values);
};

/** Throws `INVALID_ARGUMENT` unless `state` is text of 1 to 65536 bytes with something in it. */
export const checkState = (state: unknown): string => {
  const text = checkText("state", state, undefined, "text that is not blank", maxStateBytes);
  if (text.trim() === "") throw invalid("state", "text that is not blank", state);
  return text;
};

/** Throws `INVALID_ARGUMENT` unless `graceSeconds` is an integer from 0 to 2^31 - 1. */
export const checkGrace = (graceSeconds: unknown): number => checkInteger("graceSeconds", graceSeconds, 0, 2 ** 31 - 1);

/** Throws `INVALID_ARGUMENT` unless `fence` is an integer from 1 to 2^53 - 1. */
export const checkFence = (fence: unknown): number => checkInteger("fence", fence, 1, Number.MAX_SAFE_INTEGER);

/** Throws `INVALID_ARGUMENT` unless `lifetimeSeconds` is "persistent" or an integer from 1 to 2^31 - 1. */
export const checkLifetime = (lifetimeSeconds: unknown): LinkLifetime =>
  lifetimeSeconds === "persistent" ? lifetimeSeconds : checkInteger("lifetimeSeconds", lifetimeSeconds, 1, 2 ** 31 - 1);

/** Throws `INVALID_ARGUMENT` unless `value` is a finite number from `least` to `most`. */
export const checkNumber = (name: string, value: unknown, least: number, most: number): number => {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw invalid(name, `a number from ${least} to ${most}`, value);
};

/** An option of a constructor: throws a `RangeError` unless it is a finite number from `least` to `most`. */
export const checkOption = (name: string, value: number, least: number, most: number): number => {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a number from ${least} to ${most}, got ${String(value)}`);
};

/** Throws `INVALID_ARGUMENT` unless each part of the status is what the store can hold. */
export const checkPodStatus = (status: PodStatus): PodStatus => {
  const { address, revision, state, load, held, maxLinks, labels = {} } = status;
  const printable = /\p{Cc}/u;
  checkText("address", address, printable, "non-empty text without control characters");
  if (revision !== "") checkText("revision", revision, printable, "text without control characters");
  if (!states.includes(state)) throw invalid("state", `one of ${states.join(", ")}`, state);
  checkNumber("load", load, -Number.MAX_VALUE, Number.MAX_VALUE);
  if (held !== undefined) checkInteger("held", held, 0, Number.MAX_SAFE_INTEGER);
  if (maxLinks !== undefined) checkInteger("maxLinks", maxLinks, 1, Number.MAX_SAFE_INTEGER);
  for (const [label, value] of Object.entries(labels)) {
    checkText("labels", label, printable, "pairs of non-empty text without control characters");
    checkText(`label ${label}`, value, printable, "non-empty text without control characters");
  }
  return status;
};
