const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
};

const violation = (
  name: string,
  expectation: string,
  value: unknown,
  ErrorClass: ErrorConstructor = RangeError,
): Error => new ErrorClass(`${name} must be ${expectation}, got ${shown(value)}`);

/** A finite number within the bounds, else a `TypeError` or `RangeError` that names it. */
export const checkNumber = (
  name: string,
  value: unknown,
  min: number = -Number.MAX_VALUE,
  max: number = Number.MAX_VALUE,
): number => {
  if (typeof value === "number" && value >= min && value <= max) return value;
  const bounds = `${min > -Number.MAX_VALUE ? ` >= ${min}` : ""}${max < Number.MAX_VALUE ? ` and <= ${max}` : ""}`;
  throw violation(name, `a finite number${bounds}`, value, typeof value === "number" ? RangeError : TypeError);
};

/** An integer within the bounds. */
export const checkInteger = (name: string, value: unknown, min: number, max: number): number => {
  if (!Number.isInteger(checkNumber(name, value, min, max))) throw violation(name, "an integer", value);
  return value as number;
};

/** Printable text: a control character in a name would forge lines of a log or a report. */
export const checkText = (name: string, value: unknown): string => {
  if (typeof value !== "string") throw violation(name, "a string", value, TypeError);
  if (value.trim() === "" || /\p{Cc}/u.test(value))
    throw violation(name, "a non-empty string without control characters", value);
  return value;
};

/** One of the words. */
export const checkOneOf = <Word extends string | number>(
  name: string,
  value: unknown,
  words: readonly Word[],
): Word => {
  if (!words.includes(value as Word)) throw violation(name, `one of ${words.join(", ")}`, value);
  return value as Word;
};

/** An object that has no key but those known, so that a misspelt one is found. */
export const checkKeys = (name: string, value: unknown, known: readonly string[]): void => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError(`${name} must be an object, got ${Array.isArray(value) ? "an array" : shown(value)}`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new TypeError(`${name} has no field ${shown(key)}; known: ${known.join(", ")}`);
  }
};

/** An object or class with these methods. */
export const checkMethods = (name: string, value: unknown, methods: readonly string[]): void => {
  for (const method of methods) {
    const found: unknown = (value as Record<string, unknown> | null)?.[method];
    if (typeof found !== "function") throw violation(`${name}.${method}`, "a function", found, TypeError);
  }
};
