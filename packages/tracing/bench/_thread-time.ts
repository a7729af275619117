import { openSync, readSync } from "node:fs";

const scheduling = process.platform === "linux" ? openSync("/proc/thread-self/schedstat", "r") : undefined;
const text = Buffer.alloc(100);
const space = 0x20;
const zero = 0x30;

/**
 * How long this thread was ready to run and had to wait for a core, in ms since it began: what other threads take, not
 * work of ours. The second of three numbers in ns, read without a string: garbage would be part of what is measured.
 */
export const waitedForCoreMs = (): number => {
  if (scheduling === undefined) return 0;
  const length = readSync(scheduling, text, 0, text.length, 0);
  let at = 0;
  while (at < length && text[at] !== space) at++;
  let waitedNs = 0;
  for (at++; at < length && text[at] !== space; at++) waitedNs = waitedNs * 10 + text[at]! - zero;
  return waitedNs / 1e6;
};
