import { nothingToStop, type Probe } from "./probe.ts";

const user = "process_cpu_user_seconds_total";
const system = "process_cpu_system_seconds_total";
const both = "process_cpu_seconds_total";
const start = "process_start_time_seconds";

/** CPU time of the whole process, all threads, and when it started. */
export const cpuProbe: Probe = {
  names: [user, system, both, start],
  start(meter) {
    let last: NodeJS.CpuUsage = { user: 0, system: 0 };
    const collect = (): void => {
      const now = process.cpuUsage();
      const userSeconds = (now.user - last.user) / 1e6;
      const systemSeconds = (now.system - last.system) / 1e6;
      last = now;
      userCounter.inc(userSeconds);
      systemCounter.inc(systemSeconds);
      totalCounter.inc(userSeconds + systemSeconds);
    };
    // The first of the three on a page reads for all.
    const userCounter = meter.counter({ name: user, help: "CPU time in user mode", collect }).labels();
    const systemCounter = meter.counter({ name: system, help: "CPU time in kernel mode" }).labels();
    const totalCounter = meter.counter({ name: both, help: "CPU time" }).labels();
    const startedSeconds = Math.round(performance.timeOrigin) / 1000;
    meter.gauge({ name: start, help: "Start of the process since the Unix epoch" }).labels().set(startedSeconds);
    return nothingToStop;
  },
};
