/** Runs `use` with a new uid of this pod's own, or answers that the pod takes no new ones and another may be asked. */
export type Mint = (use: (uid: string) => Promise<Response>) => Promise<Response>;

/** What a pod holds for clients of one revision of the Model Context Protocol, and how it answers them. */
export interface Revision {
  /** Answers a request for `uid`, which is one that the pod holds, one that nobody has minted, or a client's first. */
  answer(request: Request, uid: string, mint: Mint): Promise<Response>;
  has(uid: string): boolean;
  /** Takes what {@link give} of another pod has returned. */
  take(uid: string, state: string): Promise<void>;
  /** Lets a uid go; its state for the next pod, if it was held here. */
  give(uid: string): string | undefined;
}

/** What a tool says. */
export const said = (text: string) => ({ content: [{ type: "text" as const, text }] });
