/** One line each: in a terminal the reason counts, not the stack. */
export const say = (message: string, error?: unknown): void =>
  console.error(error instanceof Error ? `${message}: ${error.message}` : message);

/** What a pod agent has to say, without its details. */
export const podLog = { debug: (): void => {}, info: say, warn: say, error: say };
