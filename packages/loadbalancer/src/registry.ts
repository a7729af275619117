import type { Ejector } from "./health/ejector.ts";
import type { WarmUp } from "./health/warm-up.ts";
import type { Fleet } from "./membership/fleet.ts";
import { requireAtLeastZero, requireLimit, requireObject, requireState } from "./options.ts";
import type { PodId, PodOptions, PodSpec, RoutingState } from "./types.ts";

/** Joins, leaves and changes of pods: what `add`, `remove` and `sync` mean. */
export class Registry {
  readonly #fleet: Fleet;
  readonly #ejector: Ejector;
  readonly #warmUp: WarmUp;
  readonly #maxConnections: number;

  constructor(fleet: Fleet, ejector: Ejector, warmUp: WarmUp, maxConnections: number) {
    this.#fleet = fleet;
    this.#ejector = ejector;
    this.#warmUp = warmUp;
    this.#maxConnections = maxConnections;
  }

  /** Adds the pod, or changes it where it is there already. `working` says that the fleet has had work, so that it warms up. */
  put(podId: PodId, options: PodOptions & { readonly state?: RoutingState }, working: boolean): void {
    requireObject("options of a pod", options);
    requireSpec(podId, options);
    const known = this.#fleet.get(podId);
    const pod = known ?? this.#fleet.enrol(podId);
    const { weight = known?.configuredWeight ?? 1, state = known?.state ?? "ready" } = options;
    const limit = options.maxConnections ?? (known === undefined ? this.#maxConnections : known.maxConnections);
    this.#fleet.change(pod, () => {
      if (known === undefined) pod.reset();
      pod.member = true;
      pod.configuredWeight = weight;
      pod.state = state;
      pod.maxConnections = limit;
      pod.full = pod.connections >= limit;
      if (known === undefined) pod.weight = this.#warmUp.weigh(pod);
    });
    if (known === undefined && working) this.#warmUp.begin(pod);
    else if (pod.willing) this.#fleet.reweigh(pod, this.#warmUp.weigh(pod));
  }

  /** True where the pod was there. */
  remove(podId: PodId): boolean {
    const pod = this.#fleet.get(podId);
    if (pod === undefined) return false;
    this.#warmUp.end(pod);
    this.#ejector.pardon(pod);
    this.#fleet.dismiss(pod);
    return true;
  }

  /** Makes the fleet what the list says. @throws TypeError where a pod is in it twice. */
  sync(pods: readonly PodSpec[], working: boolean): void {
    if (!Array.isArray(pods)) throw new TypeError(`pods must be an array, got ${String(pods)}`);
    const listed = new Set<PodId>();
    for (const spec of pods) {
      requireObject("a pod of the list", spec);
      requireSpec(spec.podId, spec);
      if (listed.has(spec.podId)) throw new TypeError(`pods must have different ids, got ${String(spec.podId)} twice`);
      listed.add(spec.podId);
    }
    for (const pod of [...this.#fleet.members()]) if (!listed.has(pod.podId)) this.remove(pod.podId);
    for (const spec of pods) this.put(spec.podId, { state: "ready", ...spec }, working);
  }

  /** True where the pod is there. */
  setHealth(podId: PodId, healthy: boolean): boolean {
    if (typeof healthy !== "boolean") throw new TypeError(`healthy must be a boolean, got ${String(healthy)}`);
    const pod = this.#fleet.get(podId);
    if (pod === undefined) return false;
    if (pod.healthy !== healthy)
      this.#fleet.change(pod, () => {
        pod.healthy = healthy;
      });
    return true;
  }
}

const requireSpec = (podId: PodId, { weight, maxConnections, state }: Omit<PodSpec, "podId">): void => {
  if (typeof podId !== "string" && !Number.isFinite(podId))
    throw new TypeError(`podId must be a string or a finite number, got ${String(podId)}`);
  if (weight !== undefined) requireAtLeastZero("weight", weight);
  if (maxConnections !== undefined) requireLimit("maxConnections", maxConnections);
  if (state !== undefined) requireState(state);
};
