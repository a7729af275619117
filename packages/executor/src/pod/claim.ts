import { ExecutorError } from "../errors.ts";
import type { ServiceScope } from "../scope/service-scope.ts";
import type { LinkLifetime, Owner } from "../types.ts";
import type { Adoption } from "./adoption.ts";
import type { Ownership } from "./held.ts";

/** What a claim works with. */
export interface ClaimOptions {
  readonly scope: ServiceScope;
  readonly adoption: Adoption;
  readonly linkLifetimeSeconds: LinkLifetime;
  readonly servingAs: () => Owner | undefined;
  readonly refusesNew: () => "draining" | "full" | undefined;
}

/** See `PodAgent.claim`. */
export const claim = async (uid: string, options: ClaimOptions): Promise<Ownership> => {
  const { scope, adoption, linkLifetimeSeconds, servingAs, refusesNew } = options;
  const owner = servingAs();
  const refused = owner ? refusesNew() : "lease";
  const details = { operation: "claim", retryable: true } as const;
  if (!owner || refused) {
    throw new ExecutorError("NO_LIVE_POD", `claim: this pod takes no new uids now (${refused})`, details);
  }
  const { link } = await scope.setLinkedPodIfAbsent(uid, owner, linkLifetimeSeconds);
  const isOurs = link.pod === owner.pod && link.incarnation === owner.incarnation;
  const admission = isOurs ? await adoption.adopt(uid, link.fence) : undefined;
  if (admission?.held) return admission.held.ownership;
  const reason = admission ? admission.refused : `pod ${link.pod} has it`;
  throw new ExecutorError("NOT_OWNER", `claim: ${JSON.stringify(uid)} is not this pod's (${reason})`, {
    ...details,
    retryable: isOurs,
  });
};
