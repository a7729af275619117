/** How long a test waits for what must come: a loaded machine takes its time, and nobody waits where it has come. */
export const patience = { timeout: 30_000, interval: 20 } as const;
