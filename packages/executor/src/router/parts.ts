import QuickLRU from "quick-lru";
import { TwoChoices } from "../placement/two-choices.ts";
import type { Clock } from "../ports.ts";
import { ServiceScope } from "../scope/service-scope.ts";
import { monotonicClock } from "../time.ts";
import { Flights } from "./flights.ts";
import { type Hint, Hints } from "./hints.ts";
import { LinkWaits } from "./link-waits.ts";
import { Locator } from "./locator.ts";
import { Moves } from "./moves.ts";
import { Owners } from "./owners.ts";
import { Placer } from "./placer.ts";
import { PodTable } from "./pod-table.ts";
import { Resolver } from "./resolver.ts";
import type { Route } from "./route.ts";
import { type StatefulRouterOptions, settingsOf } from "./router-options.ts";
import { TakeOvers } from "./take-overs.ts";
import { WaitingRoom } from "./waiting-room.ts";

const defaultHints = 10_000;

/** What a router is made of. */
export interface RouterParts {
  readonly scope: ServiceScope;
  readonly clock: Clock;
  readonly hintMaxAgeMs: number;
  readonly pods: PodTable;
  readonly owners: Owners;
  readonly hints: Hints;
  readonly placer: Placer;
  readonly flights: Flights<Route>;
  readonly waits: LinkWaits;
  readonly resolver: Resolver;
  readonly moves: Moves;
}

/** Puts a router together. `checkOpen` throws once it is closed. */
export const assemble = (options: StatefulRouterOptions, checkOpen: () => void): RouterParts => {
  const { placement = new TwoChoices(), clock = monotonicClock, requireLabels, preferNewestRevision } = options;
  const { linkLifetimeSeconds, hintMaxAgeMs, podRefreshMs, moveWaitMs, ...limits } = settingsOf(options);
  const nearCache = options.nearCache ?? new QuickLRU<string, Hint>({ maxSize: defaultHints });
  const scope = new ServiceScope(options.store, options);
  const pods = new PodTable(scope, clock, podRefreshMs);
  const owners = new Owners(scope, pods);
  const hints = new Hints(nearCache, pods, clock);
  const rules = { requireLabels, preferNewestRevision };
  const placer = new Placer({ service: scope.name, pods, placement, clock, rules });
  const room = new WaitingRoom(limits.maxWaiters);
  const takeOvers = new TakeOvers(limits.maxTakeOvers, room);
  const locator = new Locator({ scope, pods, owners, placer, takeOvers, hints, linkLifetimeSeconds });
  const flights = new Flights<Route>();
  const waits = new LinkWaits();
  const resolver = new Resolver({ locator, flights, hints, waits, room, clock, moveWaitMs, checkOpen });
  const moves = new Moves({ scope, pods, owners, placer, resolver, waits, linkLifetimeSeconds });
  return { scope, clock, hintMaxAgeMs, pods, owners, hints, placer, flights, waits, resolver, moves };
};
