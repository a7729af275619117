import { ExecutorError } from "../errors.ts";

/** What calls of a closed router reject with. */
export const routerClosed = (): ExecutorError => new ExecutorError("CLOSED", "the router is closed");
