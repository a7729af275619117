/** Time that this thread has worked, in milliseconds: on a busy machine the clock also tells how long others were served. */
export const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
