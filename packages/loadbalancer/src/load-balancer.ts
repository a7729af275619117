import { LoadBalancerError } from "./errors.ts";
import { Ejector } from "./health/ejector.ts";
import { WarmUp } from "./health/warm-up.ts";
import { Ledger } from "./leases/ledger.ts";
import { Fleet } from "./membership/fleet.ts";
import {
  DEFAULTS,
  type LoadBalancerOptions,
  type PickOptions,
  type PlaceOptions,
  requireObject,
  requireStrategy,
  settingsOf,
} from "./options.ts";
import { PickLog } from "./pick-log.ts";
import { Placement } from "./placement/placement.ts";
import { SessionBalance } from "./placement/session-balance.ts";
import { WaitQueue } from "./queue/wait-queue.ts";
import { createDraw } from "./random.ts";
import { Registry } from "./registry.ts";
import { type Explanation, type LoadBalancerStats, statsOfPods } from "./stats/stats.ts";
import type { StrategyName } from "./strategies/catalog.ts";
import { type Lane, Lanes } from "./strategies/lanes.ts";
import type { StrategyFactory } from "./strategies/strategy.ts";
import { Timeline } from "./time.ts";
import type { Lease, Link, LoadReport, PodId, PodOptions, PodSpec } from "./types.ts";
import { MAX_GAP, Upkeep } from "./upkeep.ts";

/**
 * Spreads requests (`pick`) and sessions (`place`) over pods. It is synchronous, has no timers, and what it costs does not
 * grow with the fleet. One balancer per gateway; gateways need not know of each other.
 */
export class LoadBalancer implements Disposable {
  readonly #time: Timeline;
  readonly #fleet: Fleet;
  readonly #registry: Registry;
  readonly #ledger: Ledger;
  readonly #upkeep: Upkeep;
  readonly #lanes: Lanes;
  readonly #placement: Placement;
  readonly #queue: WaitQueue<Lease>;
  readonly #picks: PickLog = new PickLog();
  #lane: Lane;
  #closed = false;

  /** @throws RangeError or TypeError for a bad option. */
  constructor(options: LoadBalancerOptions = {}) {
    const settings = settingsOf(options);
    const draw = createDraw(settings.random);
    this.#time = new Timeline(settings.clock);
    this.#fleet = new Fleet(settings);
    const ejector = new Ejector(this.#fleet, settings, this.#time, draw, () => this.#upkeep.hurry());
    const warmUp = new WarmUp(this.#fleet, this.#time, settings.slowStartMs);
    this.#queue = new WaitQueue(settings.maxWaiting, settings.waitTimeoutMs);
    this.#ledger = new Ledger(this.#fleet, ejector, this.#time, settings.leaseTimeoutMs, this.#queue);
    this.#registry = new Registry(this.#fleet, ejector, warmUp, settings.maxConnections);
    this.#upkeep = new Upkeep(
      this.#time,
      this.#ledger,
      ejector,
      warmUp,
      settings.clock === DEFAULTS.clock ? MAX_GAP : 1,
    );
    const environment = { draw, pods: this.#fleet.counters, time: this.#time };
    this.#lanes = new Lanes(environment, (strategy) => {
      this.#fleet.attach(strategy);
      this.#ledger.attach(strategy);
    });
    this.#lane = this.#lanes.get(settings.strategy);
    this.#placement = new Placement(new SessionBalance(environment), this.#fleet, this.#ledger);
  }

  /** The strategy in use. */
  get strategy(): string {
    return this.#lane.name;
  }

  /** Adds a pod, or changes the weight and limit of one that is there; its counts and state stay. @throws RangeError, TypeError, LoadBalancerError CLOSED */
  add(podId: PodId, options: PodOptions = {}): void {
    this.#change(() => this.#registry.put(podId, options, this.#hasWorked()));
  }

  /** Takes a pod out; its open leases and links end when they end. True where it was there. */
  remove(podId: PodId): boolean {
    return !this.#closed && this.#change(() => this.#registry.remove(podId));
  }

  /** Makes the fleet what the list says: joins, leaves and changes. What stays keeps its counts. @throws RangeError, TypeError, LoadBalancerError CLOSED */
  sync(pods: readonly PodSpec[]): void {
    this.#change(() => this.#registry.sync(pods, this.#hasWorked()));
  }

  /** What a probe or an operator knows: an unhealthy pod takes no new work until it is healthy again. True where the pod is there. @throws TypeError */
  setHealth(podId: PodId, healthy: boolean): boolean {
    return !this.#closed && this.#change(() => this.#registry.setHealth(podId, healthy));
  }

  /** Passes a heartbeat on to the strategies, which may smooth it but never follow it alone. True where the pod is there. @throws TypeError */
  reportLoad(podId: PodId, report: LoadReport): boolean {
    requireObject("report", report);
    const pod = this.#fleet.get(podId);
    if (pod === undefined) return false;
    this.#time.read();
    if (pod.joined) this.#fleet.report(pod, report);
    return true;
  }

  /** Changes the strategy. Pods, counts, health and what strategies have learned stay. @throws TypeError */
  setStrategy(strategy: StrategyName | StrategyFactory): void {
    requireStrategy(strategy);
    this.#lane = this.#lanes.get(strategy);
  }

  /**
   * Chooses a pod for a request, or `undefined` where no pod may be chosen: none there, none ready, all full.
   * Cost with its `done`: 60 to 130 ns, whatever the number of pods. @throws the reason of a signal that has aborted, TypeError
   */
  pick(options?: PickOptions): Lease | undefined {
    const lane = options?.strategy === undefined ? this.#lane : this.#laneOf(options.strategy);
    const signal = options?.signal;
    if (signal?.aborted) throw signal.reason;
    const due = this.#upkeep.isDue();
    if (due) this.#upkeep.run();
    // Where strategies of many kinds have been in use, looking the method up costs as much as a small strategy's choice.
    const slot = lane.select.call(lane.strategy, options?.key);
    if (slot === undefined) {
      this.#picks.refuse();
      return undefined;
    }
    if (due) this.#picks.measure(this.#time);
    this.#picks.fell(lane, slot);
    return this.#ledger.open(slot, due, signal);
  }

  /** Like `pick`, and waits where no place is free. @throws LoadBalancerError QUEUE_FULL, WAIT_TIMEOUT, CLOSED; the signal's reason */
  async acquire(options: PickOptions = {}): Promise<Lease> {
    if (this.#closed) throw new LoadBalancerError("CLOSED", "the balancer is closed");
    // Who waits already comes first.
    const lease = this.#queue.size === 0 ? this.pick(options) : undefined;
    return lease ?? this.#queue.wait(() => this.pick(options), options.signal);
  }

  /** Chooses a pod for a new session by the sessions that pods hold; a keyed strategy with a key proposes by hash instead. */
  place(options?: PlaceOptions): Link | undefined {
    this.#upkeep.run();
    const { strategy } = this.#lane;
    const keyed = strategy.keyed === true && options?.key !== undefined;
    return this.#placement.place(options?.key, keyed ? strategy : undefined);
  }

  /** The figures of now. O(pods). */
  stats(): LoadBalancerStats {
    this.#upkeep.run();
    return {
      ...statsOfPods(this.#fleet.pods(), this.#fleet.departed),
      refusedRequests: this.#picks.refused,
      waiting: this.#queue.size,
      responseTime: this.#ledger.responseTimes.quantiles(),
      pickTime: this.#picks.times,
      lastRequestAtMs: this.#picks.lastAtMs,
      strategyRequests: this.#lanes.picks(),
      panicking: this.#fleet.panicking,
    };
  }

  /** Why the last pick fell where it did; `undefined` before the first. Costs of pods are those of now. */
  explain(): Explanation | undefined {
    return this.#picks.explain(this.#fleet);
  }

  /** Takes all pods out and turns away who waits. Open leases may still be finished. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.sync([]);
    this.#closed = true;
    this.#queue.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #laneOf(strategy: StrategyName | StrategyFactory): Lane {
    requireStrategy(strategy);
    return this.#lanes.get(strategy);
  }

  /** Pods that join from now on warm up. */
  #hasWorked(): boolean {
    return this.#picks.used || this.#placement.used;
  }

  #change<T>(apply: () => T): T {
    if (this.#closed) throw new LoadBalancerError("CLOSED", "the balancer is closed");
    this.#time.read();
    const result = apply();
    this.#upkeep.hurry();
    this.#serve();
    return result;
  }

  #serve(): void {
    if (this.#queue.size > 0) this.#queue.serve();
  }
}
