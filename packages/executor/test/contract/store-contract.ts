import type { StoreUnderTest } from "./fixtures.ts";
import { linksContract } from "./links-contract.ts";
import { movesContract } from "./moves-contract.ts";
import { operationsContract } from "./operations-contract.ts";
import { podsContract } from "./pods-contract.ts";

/** What every `StatefulStore` must do. The same table runs for memory, Redis and the demo's IPC store. */
export const storeContract = (name: string, open: () => Promise<StoreUnderTest>): void => {
  operationsContract(name, open, { fenced: true });
  movesContract(name, open);
  podsContract(name, open);
  linksContract(name, open);
};
