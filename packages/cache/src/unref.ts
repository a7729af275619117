/** Lets the process end while a timer waits, where the runtime knows that; a browser's timer is a number. */
export const unref = <T>(timer: T): T => {
  (timer as { unref?: () => void }).unref?.();
  return timer;
};
