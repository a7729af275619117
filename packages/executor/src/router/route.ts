import type { Link } from "../types.ts";

/** Where a request goes: the pod, and the fence that the pod must hold for the uid. */
export interface Route extends Link {
  /** `host:port` of the pod. */
  readonly address: string;
  /** `hint`: from the near cache, no I/O. `store`: read now. `placed`, `taken-over`: linked by this call. */
  readonly source: "hint" | "store" | "placed" | "taken-over";
}
