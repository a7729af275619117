/** Time in milliseconds from any fixed point; must not go backwards (a step back only makes entries live longer). */
export interface Clock {
  now(): number;
}

/** Where warnings go; `console` fits. */
export interface Log {
  warn(message: string, ...details: unknown[]): void;
}
