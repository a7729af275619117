/** What a value must be, in words, and how it is read. */
export interface Rule<Value = unknown> {
  readonly words: string;
  /** The value as it is used, or `undefined` where the rule is broken. */
  accept(value: unknown): Value | undefined;
  /** From a flag or an environment variable. Lists and the like stand in the file only, and have none. */
  readonly parse?: (text: string) => unknown;
}

// What is no number stays as it was typed, for the error to show.
const number = (text: string): number | string =>
  text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);

export const integer = (least: number, most: number): Rule<number> => ({
  words: `an integer from ${least} to ${most}`,
  accept: (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
  parse: number,
});

export const ratio: Rule<number> = {
  words: "a number from 0 to 1",
  accept: (value) => (typeof value === "number" && value >= 0 && value <= 1 ? value : undefined),
  parse: number,
};

export const flag: Rule<boolean> = {
  words: "true or false",
  accept: (value) => (typeof value === "boolean" ? value : undefined),
  parse: (text) => (text === "true" ? true : text === "false" ? false : text),
};

const textRule = (words: string, pattern: RegExp): Rule<string> => ({
  words,
  accept: (value) => (typeof value === "string" && pattern.test(value) ? value : undefined),
  parse: (text) => text,
});

export const text: Rule<string> = textRule("text", /^[^\0]+$/);
export const name: Rule<string> = textRule("text without braces and colons", /^[^{}:\p{Cc}]+$/u);
export const token: Rule<string> = textRule("printable ASCII without spaces", /^[\x21-\x7e]+$/);

const isRedisUrl = (url: string): boolean => /^rediss?:\/\/./.test(url) && URL.canParse(url);

export const redisUrls: Rule<string> = {
  words: "redis:// or rediss:// and an address, or several with commas between",
  accept: (value) => (typeof value === "string" && value.split(",").every(isRedisUrl) ? value : undefined),
  parse: (given) => given,
};

export const choice = <Value extends string>(...values: readonly Value[]): Rule<Value> => ({
  words: values.join(" or "),
  accept: (value) => values.find((one) => one === value),
  parse: (given) => given,
});

export const listOf = <Value>(
  words: string,
  accept: (value: unknown) => Value | undefined,
): Rule<readonly Value[]> => ({
  words,
  accept: (value) => {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const all = value.map(accept);
    return all.every((one) => one !== undefined) ? all : undefined;
  },
});
