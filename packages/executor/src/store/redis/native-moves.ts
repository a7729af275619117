import type { HandedState, LinkName, Owner, Tenure } from "../../types.ts";
import type { MoveResult, TakenUpLink } from "../answers.ts";
import type { StatefulStore } from "../store.ts";
import type { Connection } from "./connection.ts";
import { formatHanded, parseHanded } from "./handed-text.ts";
import { keysOf, type LinkReply, linkOf, renewalOf, tenureArgs } from "./link-call.ts";

/** The steps by which a uid changes hands as planned. */
export type Moves = Pick<
  StatefulStore,
  "takeUpLink" | "dropState" | "beginMove" | "cancelMove" | "commitMove" | "keepState"
>;

/** Moves of links in the native layout. */
export class NativeMoves implements Moves {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async takeUpLink(name: LinkName, tenure: Tenure): Promise<TakenUpLink> {
    const reply = (await this.#run("takeUpLink", name, tenureArgs(tenure))) as readonly unknown[];
    const state = reply[3] as string | null | undefined;
    const renewal = renewalOf(reply);
    return typeof state === "string" ? { ...renewal, state: parseHanded(state) } : renewal;
  }

  async dropState(name: LinkName, fence: number): Promise<void> {
    await this.#run("dropState", name, [`${fence}`]);
  }

  beginMove(name: LinkName, tenure: Tenure, target: Owner, deadlineMs: number): Promise<MoveResult> {
    return this.#move(name, tenure, [
      "begin",
      `${target.pod}`,
      `${target.incarnation}`,
      `${Math.ceil(deadlineMs)}`,
      "",
    ]);
  }

  cancelMove(name: LinkName, tenure: Tenure): Promise<MoveResult> {
    return this.#move(name, tenure, ["cancel", "", "", "", ""]);
  }

  commitMove(name: LinkName, tenure: Tenure, target: Owner, state?: HandedState): Promise<MoveResult> {
    const text = state === undefined ? "" : formatHanded(state);
    return this.#move(name, tenure, ["commit", `${target.pod}`, `${target.incarnation}`, "", text]);
  }

  keepState(name: LinkName, tenure: Tenure, state: HandedState): Promise<MoveResult> {
    return this.#move(name, tenure, ["keep", "", "", "", formatHanded(state)]);
  }

  async #move(name: LinkName, tenure: Tenure, step: readonly string[]): Promise<MoveResult> {
    const [done, link] = (await this.#run("moveLink", name, [...tenureArgs(tenure), ...step])) as LinkReply;
    return { done: done === 1, link: linkOf(link) };
  }

  #run(script: "takeUpLink" | "dropState" | "moveLink", name: LinkName, args: readonly string[]): Promise<unknown> {
    return this.#connection.run(script, keysOf(name), [name.service, ...args]);
  }
}
