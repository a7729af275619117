import type { StatefulStore } from "../store/store.ts";
import type { OperationAnalyzer } from "./operation-analyzer.ts";

/** The same store with every call recorded under its method's name. Closing it closes `store`. */
export const observe = (store: StatefulStore, analyzer: OperationAnalyzer): StatefulStore => ({
  acquirePod: (...args) => analyzer.analyze("acquirePod", () => store.acquirePod(...args)),
  renewPod: (...args) => analyzer.analyze("renewPod", () => store.renewPod(...args)),
  releasePod: (...args) => analyzer.analyze("releasePod", () => store.releasePod(...args)),
  sealPod: (...args) => analyzer.analyze("sealPod", () => store.sealPod(...args)),
  pods: (...args) => analyzer.analyze("pods", () => store.pods(...args)),
  getLink: (...args) => analyzer.analyze("getLink", () => store.getLink(...args)),
  linkIfAbsent: (...args) => analyzer.analyze("linkIfAbsent", () => store.linkIfAbsent(...args)),
  takeOver: (...args) => analyzer.analyze("takeOver", () => store.takeOver(...args)),
  renewLinks: (...args) => analyzer.analyze("renewLinks", () => store.renewLinks(...args)),
  removeLink: (...args) => analyzer.analyze("removeLink", () => store.removeLink(...args)),
  close: () => analyzer.analyze("close", () => store.close()),
});
