/** A monotonic clock in milliseconds. `performance` is one. A clock that is set back is tolerated: time then goes on from where it was. */
export interface Clock {
  now(): number;
}

/** A source of numbers in [0, 1), e.g. `Math.random` or a seeded generator. */
export type Random = () => number;
