/** A number for people: four digits, but never less than its whole part. */
export const rounded = (value: number): string =>
  `${Math.abs(value) < 1000 ? Number(value.toPrecision(4)) : Math.round(value)}`;

/** Milliseconds as seconds, with the unit. */
export const inSeconds = (ms: number): string => `${rounded(ms / 1000)} s`;

/** Foreign text without what could forge a line of a log or move the cursor of a terminal. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, " ");
