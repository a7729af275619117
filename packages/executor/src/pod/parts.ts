import { Lease } from "../ownership/lease.ts";
import { TwoChoices } from "../placement/two-choices.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import { monotonicClock, silentLog, wallClock } from "../time.ts";
import type { HandedState, Link, Owner, Tenure } from "../types.ts";
import { checkOption } from "../validate.ts";
import { Adoption } from "./adoption.ts";
import { Departures } from "./departures.ts";
import { Errands } from "./errands.ts";
import { Exclusive } from "./exclusive.ts";
import { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";
import { HeldTable } from "./held-table.ts";
import { LinkRenewals } from "./link-renewals.ts";
import { loadOf } from "./load.ts";
import { Mailbox } from "./mailbox.ts";
import { type PodAgentOptions, podDefaults } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { resolvePodId } from "./pod-id.ts";
import { Targets } from "./targets.ts";

/** What the parts of an agent ask it and tell it. */
export interface PodHooks extends Pick<HeartbeatOptions, "status" | "onRenewed" | "onEnded"> {
  readonly servingAs: () => Owner | undefined;
  readonly refusesNew: () => "draining" | "full" | undefined;
  readonly isHolding: () => boolean;
}

/** What a pod agent is made of. */
export interface PodParts {
  readonly lease: Lease;
  readonly heartbeat: Heartbeat;
  readonly table: HeldTable;
  readonly adoption: Adoption;
  readonly renewals: LinkRenewals;
  readonly departures: Departures;
  readonly errands: Errands;
  readonly mailbox: Mailbox;
  readonly outbox: Outbox;
  readonly targets: Targets;
  readonly load: () => number;
}

const nothing = (): undefined => undefined;

/** Joins the parts. Throws a `RangeError` or `INVALID_ARGUMENT` for a bad option; starts nothing. */
export const assemble = (scope: ServiceScope, options: PodAgentOptions, hooks: PodHooks): PodParts => {
  const { leaseMs = podDefaults.leaseMs, marginMs = leaseMs * podDefaults.marginRatio } = options;
  const { quietMs = podDefaults.quietMs, clock = monotonicClock, log = silentLog } = options;
  const { onAcquire = nothing, onRelease = nothing, onLost = nothing, onIdle = nothing } = options;
  const pod = resolvePodId(options.id);
  checkOption("leaseMs", leaseMs, 100, 3_600_000);
  checkOption("marginMs", marginMs, 0, leaseMs / 2);
  checkOption("quietMs", quietMs, 0, 3_600_000);
  // Without the store a link cannot be renewed either: "serve" goes on past its end as it does past the lease's.
  const linkEndMs = (sentMs: number, leftMs: number): number =>
    options.onStoreLost === "serve" ? Number.POSITIVE_INFINITY : sentMs + leftMs - marginMs;

  const table = new HeldTable({ clock, log, onLost });
  const lease = new Lease(clock, options.wallClock ?? wallClock, leaseMs, marginMs);
  const heartbeat = new Heartbeat({ scope, pod, lease, leaseMs, log, ...hooks });
  const shared = { scope, table, exclusive: new Exclusive(), clock, leaseMs, linkEndMs, log, ...hooks };
  const passOn = (uid: string, tenure: Tenure, state: HandedState): Promise<Link | undefined> =>
    errands.passOn(uid, tenure, state);
  const adoption = new Adoption({ ...shared, onAcquire, passOn });
  const renewals = new LinkRenewals({ ...shared, adoption, onIdle });
  const departures = new Departures({ ...shared, adoption, quietMs, onRelease, onAcquire });
  const targets = new Targets({
    ...{ scope, clock, placement: options.placement ?? new TwoChoices() },
    self: () => heartbeat.pod,
  });
  const outbox = new Outbox(scope, log);
  const errands = new Errands({ scope, table, adoption, departures, targets, outbox, log });
  const mailbox = new Mailbox({ scope, log, servingAs: hooks.servingAs, onLetter: (letter) => errands.do(letter) });
  const load = loadOf(options.load ?? "held", table);
  return { lease, heartbeat, table, adoption, renewals, departures, errands, mailbox, outbox, targets, load };
};
