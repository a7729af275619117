const describe = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

/** `value`, or a `RangeError` that names the option, the rule and the value. */
export const requireInteger = (
  option: string,
  value: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const rule = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`${option} must be an integer ${rule}, got ${describe(value)}`);
};

/** `value`, or a `RangeError` that names the option, the rule and the value. */
export const requireNumber = (
  option: string,
  value: number,
  min: number,
  max: number = Number.POSITIVE_INFINITY,
): number => {
  if (typeof value === "number" && value >= min && value <= max) return value;
  const rule = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`${option} must be a number ${rule}, got ${describe(value)}`);
};

/** `value`, or a `TypeError` that names the option, the method that it lacks and the value. */
export const requireMethod = <T>(option: string, value: T, method: string): T => {
  if (typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function") return value;
  throw new TypeError(`${option} must have a method ${method}, got ${describe(value)}`);
};

/** `value`, or a `TypeError` that names the option, the allowed values and the value. */
export const requireOneOf = <T extends string>(option: string, value: T, allowed: readonly T[]): T => {
  if (allowed.includes(value)) return value;
  throw new TypeError(`${option} must be one of ${allowed.join(", ")}, got ${describe(value)}`);
};
