const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
};

/** Throws a `TypeError` that names the option, the rule and the value, unless `isRight`. */
export const checkType = (option: string, value: unknown, isRight: boolean, rule: string): void => {
  if (!isRight) throw new TypeError(`${option} must be ${rule}, got ${shown(value)}`);
};

/** Throws a `TypeError` unless it is an object. */
export const checkObject = (option: string, value: unknown): void =>
  checkType(option, value, typeof value === "object" && value !== null, "an object");

/** Throws a `TypeError` for what is given and is no function. */
export const checkFunction = (option: string, value: unknown): void =>
  checkType(option, value, value === undefined || typeof value === "function", "a function");

/** Throws a `RangeError` unless `value` is a whole number from `least`. */
export const checkInteger = (option: string, value: number, least: number): void => {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${option} must be an integer >= ${least}, got ${shown(value)}`);
};

/** Throws a `RangeError` unless `value` is a finite number from `least`. */
export const checkNumber = (option: string, value: number, least: number): void => {
  if (!Number.isFinite(value) || value < least)
    throw new RangeError(`${option} must be a finite number >= ${least}, got ${shown(value)}`);
};

/** Throws a `RangeError` unless `value` is one of `allowed`. */
export const checkOneOf = (option: string, value: unknown, allowed: readonly string[]): void => {
  if (!(allowed as readonly unknown[]).includes(value))
    throw new RangeError(`${option} must be one of ${allowed.join(", ")}, got ${shown(value)}`);
};
