// A job runner whose effects are outside the pod: a database that checks the fence refuses what a pod writes late, after
// its job was taken over. In PostgreSQL:
//
//   CREATE TABLE jobs (id text PRIMARY KEY, fence bigint NOT NULL, step int NOT NULL);
//
//   -- Taking a job up: from now on nobody with a smaller fence writes.
//   INSERT INTO jobs VALUES ($id, $fence, 0)
//     ON CONFLICT (id) DO UPDATE SET fence = $fence WHERE jobs.fence <= $fence
//     RETURNING step;                                        -- no row: somebody else has it by now
//
//   -- Each step, in the transaction that also writes the step's results.
//   UPDATE jobs SET step = $step WHERE id = $id AND fence <= $fence;  -- 0 rows: roll back and stop
import { MemoryStore, PodAgent, StatefulRouter } from "@route/executor";

const service = { namespace: "example", service: "jobs" };
const store = new MemoryStore();

/** The table above, in memory. */
class JobTable {
  readonly #rows = new Map<string, { fence: number; step: number }>();

  /** The `INSERT`; the step that the job has reached, or `undefined` for no row. */
  takeUp(id: string, fence: number): number | undefined {
    const row = this.#rows.get(id) ?? { fence, step: 0 };
    if (row.fence > fence) return undefined;
    this.#rows.set(id, { ...row, fence });
    return row.step;
  }

  /** The `UPDATE`; the number of rows. */
  advance(id: string, fence: number, step: number): number {
    const row = this.#rows.get(id);
    if (!row || row.fence > fence) return 0;
    this.#rows.set(id, { ...row, step });
    return 1;
  }

  step(id: string): number | undefined {
    return this.#rows.get(id)?.step;
  }
}

const jobs = new JobTable();
const steps = 5;

const startRunner = async (pod: number) => {
  const agent = new PodAgent({
    ...service,
    ...{ store, id: pod, address: `127.0.0.1:${pod + 1}`, leaseMs: 500 },
    onAcquire: (id, { fence }) => {
      if (jobs.takeUp(id, fence) === undefined) throw new Error(`${id} is somebody else's by now`);
    },
  });
  await agent.start();
  /** One step of a job. False: the database did not let it happen. */
  const work = (id: string, fence: number): boolean => {
    const step = (jobs.step(id) ?? 0) + 1;
    const done = jobs.advance(id, fence, step) === 1;
    console.log(
      `runner ${pod}: step ${step} of ${id} ${done ? "done" : "refused by the database, for its fence is old"}`,
    );
    return done;
  };
  return { agent, work };
};

const [zero, one] = [await startRunner(0), await startRunner(1)];

// Runner 0 begins a job that it has minted itself.
const { fence, signal } = await zero.agent.claim("job-7");
zero.work("job-7", fence);
zero.work("job-7", fence);

// It loses the job while a step is under way, as if it had been frozen past its lease. The signal tells it; a step that
// does not look at the signal, or is in the middle of a write, is stopped by the fence.
await zero.agent.stop();
console.log(`runner 0 has lost it: ${signal.aborted}`);

const router = new StatefulRouter({ ...service, store });
const route = await router.resolve("job-7");
const admission = await one.agent.adopt("job-7", route.fence);
if (!admission.held) throw new Error(`runner 1 does not get the job: ${admission.refused}`);
const taken = admission.held.ownership;

zero.work("job-7", fence);
while ((jobs.step("job-7") ?? 0) < steps && !taken.signal.aborted) one.work("job-7", taken.fence);
console.log(`job-7 has done ${jobs.step("job-7")} steps, each once`);

// Nothing is left to do: its link goes.
await one.agent.release("job-7");
router.close();
await one.agent.stop();
