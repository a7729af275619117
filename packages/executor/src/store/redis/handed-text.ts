import { ExecutorError } from "../../errors.ts";
import type { HandedState } from "../../types.ts";

/** Text after `t`, bytes in base64 after `b`: replies are read as UTF-8. */
export const formatHanded = (state: HandedState): string =>
  typeof state === "string"
    ? `t${state}`
    : `b${Buffer.from(state.buffer, state.byteOffset, state.byteLength).toString("base64")}`;

/** Throws `CORRUPT_VALUE` for what no version of this package wrote. */
export const parseHanded = (text: string): HandedState => {
  if (text.startsWith("t")) return text.slice(1);
  if (text.startsWith("b")) return new Uint8Array(Buffer.from(text.slice(1), "base64"));
  throw new ExecutorError("CORRUPT_VALUE", `a state handed over must begin with t or b, got ${text.slice(0, 20)}`);
};
