import { Lease } from "../ownership/lease.ts";
import { TwoChoices } from "../placement/two-choices.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import { monotonicClock, silentLog, wallClock } from "../time.ts";
import type { HandedState, Link, Tenure } from "../types.ts";
import { checkLifetime, checkOption } from "../validate.ts";
import { Adoption } from "./adoption.ts";
import type { ClaimOptions } from "./claim.ts";
import { Departures } from "./departures.ts";
import { Errands } from "./errands.ts";
import { Exclusive } from "./exclusive.ts";
import { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";
import { HeldTable } from "./held-table.ts";
import { LinkRenewals } from "./link-renewals.ts";
import { loadOf } from "./load.ts";
import { LostLinks } from "./lost-links.ts";
import { Mailbox } from "./mailbox.ts";
import { type PodAgentOptions, podDefaults } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { resolvePodId } from "./pod-id.ts";
import { Standing } from "./standing.ts";
import { Targets } from "./targets.ts";

/** What the parts of an agent ask it and tell it. */
export type PodHooks = Pick<HeartbeatOptions, "status" | "onRenewed" | "onEnded">;

/** What a pod agent is made of. */
export interface PodParts {
  readonly heartbeat: Heartbeat;
  readonly table: HeldTable;
  readonly standing: Standing;
  readonly adoption: Adoption;
  readonly claiming: ClaimOptions;
  readonly renewals: LinkRenewals;
  readonly lostLinks: LostLinks;
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
  const { maxLinks = Number.POSITIVE_INFINITY, linkLifetimeSeconds = podDefaults.linkLifetimeSeconds } = options;
  const { onAcquire = nothing, onRelease = nothing, onLost = nothing, onIdle = nothing } = options;
  const pod = resolvePodId(options.id);
  checkOption("leaseMs", leaseMs, 100, 3_600_000);
  checkOption("marginMs", marginMs, 0, leaseMs / 2);
  checkOption("quietMs", quietMs, 0, 3_600_000);
  checkLifetime(linkLifetimeSeconds);
  // Without the store a link cannot be renewed either: "serve" goes on past its end as it does past the lease's.
  const serveWithoutStore = options.onStoreLost === "serve";
  const linkEndMs = (sentMs: number, leftMs: number): number =>
    serveWithoutStore ? Number.POSITIVE_INFINITY : sentMs + leftMs - marginMs;

  const table = new HeldTable({ clock, log, onLost });
  const lease = new Lease(clock, options.wallClock ?? wallClock, leaseMs, marginMs);
  const heartbeat = new Heartbeat({ scope, pod, lease, leaseMs, log, ...hooks });
  const standing = new Standing({ lease, heartbeat, table, serveWithoutStore, maxLinks });
  const [servingAs, refusesNew] = [() => standing.servingAs(), () => standing.refusesNew()];
  const isHolding = (): boolean => standing.returnMs !== undefined;
  const shared = { scope, table, exclusive: new Exclusive(), clock, leaseMs, linkEndMs, log, servingAs };
  const passOn = (uid: string, tenure: Tenure, state: HandedState): Promise<Link | undefined> =>
    errands.passOn(uid, tenure, state);
  const adoption = new Adoption({ ...shared, refusesNew, isHolding, onAcquire, passOn });
  const claiming = { scope, adoption, linkLifetimeSeconds, servingAs, refusesNew };
  const renewals = new LinkRenewals({ ...shared, adoption, onIdle });
  const lostLinks = new LostLinks({ scope, renewals, log });
  const departures = new Departures({ ...shared, adoption, quietMs, onRelease, onAcquire });
  const targets = new Targets({
    ...{ scope, clock, placement: options.placement ?? new TwoChoices() },
    self: () => heartbeat.pod,
  });
  const outbox = new Outbox(scope, log);
  const errands = new Errands({ scope, table, adoption, departures, targets, outbox, log });
  const mailbox = new Mailbox({ scope, log, servingAs, onLetter: (letter) => errands.do(letter) });
  const load = loadOf(options.load ?? "held", table);
  return {
    ...{ heartbeat, table, standing, adoption, claiming, renewals, lostLinks },
    ...{ departures, errands, mailbox, outbox, targets, load },
  };
};
