/** One answer, or none, to one request of the load. */
export interface Outcome {
  readonly uid: string;
  /** When it was sent and how long it took, in milliseconds of `performance.now()`. */
  readonly sentAtMs: number;
  readonly durationMs: number;
  /** 0 without an answer. */
  readonly status: number;
  readonly code: string | undefined;
  readonly pod: number | undefined;
  readonly count: number | undefined;
}

/** What a client remembers of its uid. */
interface Session {
  pod: number;
  count: number;
  /** Requests since whose effect is not known. */
  unknown: number;
}

// Whether a request that was answered so may have run.
const mayHaveRun = ({ status }: Outcome): boolean => status === 0 || status === 502 || status === 504;

/** Holds every answer against what the uid's client knows: a pod counts each uid's requests in its memory. */
export class SessionBook {
  readonly #sessions = new Map<string, Session>();
  /** All outcomes, in the order in which they came. */
  readonly outcomes: Outcome[] = [];
  /** Uids whose count fell: their state is gone. */
  readonly lost = new Set<string>();
  /** Uids whose count rose by more than their requests: something ran twice. */
  readonly doubled = new Set<string>();
  /** Uids that were answered by another pod than before. */
  readonly moved = new Set<string>();

  podOf(uid: string): number | undefined {
    return this.#sessions.get(uid)?.pod;
  }

  /** The uids whose last answer came from `pod`. */
  uidsOf(pod: number): string[] {
    return [...this.#sessions].filter(([, session]) => session.pod === pod).map(([uid]) => uid);
  }

  note(outcome: Outcome): void {
    this.outcomes.push(outcome);
    const { uid, pod, count, status } = outcome;
    const session = this.#sessions.get(uid);
    if (status !== 200 || pod === undefined || count === undefined) {
      if (session && mayHaveRun(outcome)) session.unknown++;
      return;
    }
    if (session) {
      if (count <= session.count) this.lost.add(uid);
      else if (count > session.count + 1 + session.unknown) this.doubled.add(uid);
      if (pod !== session.pod) this.moved.add(uid);
    }
    this.#sessions.set(uid, { pod, count, unknown: 0 });
  }

  /** Requests that were not answered 200; of certain uids, from a time on. */
  failures(isOf: (uid: string) => boolean = () => true, sinceMs = 0): Outcome[] {
    return this.outcomes.filter(({ status, uid, sentAtMs }) => status !== 200 && sentAtMs >= sinceMs && isOf(uid));
  }
}
