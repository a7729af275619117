import type { CallOptions } from "../calls.ts";
import type { Letter, MoveResult, StoreEvent, TakenUpLink } from "../store/answers.ts";
import type { HandedState, Owner, PodId, Tenure } from "../types.ts";
import { checkBatch, checkHanded, checkNumber, checkOwner, checkPodId, checkTenure } from "../validate.ts";
import { PodScope } from "./pod-scope.ts";

/** What pods and routers do to hand uids over: the steps of a move, letters to pods, and news of the service. */
export class MoveScope extends PodScope {
  async takeUpLink(uid: string, tenure: Tenure, options?: CallOptions): Promise<TakenUpLink> {
    const args = [this.link(uid), checkTenure(tenure)] as const;
    return this.call("takeUpLink", "writes", options, () => this.store.takeUpLink(...args));
  }

  async dropState(uid: string, fence: number, options?: CallOptions): Promise<void> {
    const name = this.link(uid);
    return this.call("dropState", "writes", options, () => this.store.dropState(name, fence));
  }

  /** `deadlineMs`: after this time the mark is void. */
  async beginMove(
    uid: string,
    tenure: Tenure,
    target: Owner,
    deadlineMs: number,
    options?: CallOptions,
  ): Promise<MoveResult> {
    checkNumber("deadlineMs", deadlineMs, 1, 86_400_000);
    const args = [this.link(uid), checkTenure(tenure), checkOwner(target), deadlineMs] as const;
    return this.call("beginMove", "writes", options, () => this.store.beginMove(...args));
  }

  async cancelMove(uid: string, tenure: Tenure, options?: CallOptions): Promise<MoveResult> {
    const args = [this.link(uid), checkTenure(tenure)] as const;
    return this.call("cancelMove", "writes", options, () => this.store.cancelMove(...args));
  }

  async commitMove(
    uid: string,
    tenure: Tenure,
    target: Owner,
    state?: HandedState,
    options?: CallOptions,
  ): Promise<MoveResult> {
    const args = [this.link(uid), checkTenure(tenure), checkOwner(target)] as const;
    const handed = state === undefined ? undefined : checkHanded(state);
    return this.call("commitMove", "writes", options, () => this.store.commitMove(...args, handed));
  }

  async keepState(uid: string, tenure: Tenure, state: HandedState, options?: CallOptions): Promise<MoveResult> {
    const args = [this.link(uid), checkTenure(tenure), checkHanded(state)] as const;
    return this.call("keepState", "writes", options, () => this.store.keepState(...args));
  }

  async sendLetters(pod: PodId, texts: readonly string[], options?: CallOptions): Promise<void> {
    const args = [checkPodId(pod), checkBatch("letters", texts)] as const;
    return this.call("sendLetters", "writes", options, () => this.store.sendLetters(this.name, ...args));
  }

  async readLetters(owner: Owner, after: string, limit: number, options?: CallOptions): Promise<Letter[]> {
    const args = [checkOwner(owner), after, limit] as const;
    return this.call("readLetters", "writes", options, () => this.store.readLetters(this.name, ...args));
  }

  subscribe(listener: (event: StoreEvent) => void): Disposable {
    return this.store.subscribe(this.name, listener);
  }

  async replication(options?: CallOptions): Promise<string> {
    return this.call("replication", "reads", options, () => this.store.replication());
  }
}
