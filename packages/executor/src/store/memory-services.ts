import type { ServiceName } from "../types.ts";
import type { StoreEvent } from "./answers.ts";
import { MemoryPods } from "./memory-pods.ts";
import { MemoryStates } from "./memory-states.ts";

/** What a store in memory keeps of a service besides its links. */
export interface MemoryService {
  readonly pods: MemoryPods;
  readonly states: MemoryStates;
  readonly listeners: Set<(event: StoreEvent) => void>;
  workload: { readonly state: string; readonly atMs: number } | undefined;
}

/** All services of a store in memory, each made when it is first asked for, and who listens to them. */
export class MemoryServices {
  readonly #services = new Map<string, MemoryService>();

  of({ namespace, service }: ServiceName): MemoryService {
    const key = `${namespace}:${service}`;
    const known = this.#services.get(key);
    if (known) return known;
    const listeners = new Set<(event: StoreEvent) => void>();
    const pods = new MemoryPods((pod) => this.tell({ namespace, service }, { kind: "pod", pod }));
    const created: MemoryService = { pods, states: new MemoryStates(), workload: undefined, listeners };
    this.#services.set(key, created);
    return created;
  }

  tell(service: ServiceName, event: StoreEvent): void {
    for (const listener of this.of(service).listeners) listener(event);
  }

  subscribe(service: ServiceName, listener: (event: StoreEvent) => void): Disposable {
    const { listeners } = this.of(service);
    // One entry per subscription, for a listener may subscribe twice.
    const entry = (event: StoreEvent): void => listener(event);
    listeners.add(entry);
    queueMicrotask(() => {
      if (listeners.has(entry)) entry({ kind: "gap" });
    });
    return { [Symbol.dispose]: () => void listeners.delete(entry) };
  }

  endSubscriptions(): void {
    for (const { listeners } of this.#services.values()) listeners.clear();
  }
}
