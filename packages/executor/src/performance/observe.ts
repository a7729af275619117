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
  getLinks: (...args) => analyzer.analyze("getLinks", () => store.getLinks(...args)),
  linkedServices: (...args) => analyzer.analyze("linkedServices", () => store.linkedServices(...args)),
  linkIfAbsent: (...args) => analyzer.analyze("linkIfAbsent", () => store.linkIfAbsent(...args)),
  setLink: (...args) => analyzer.analyze("setLink", () => store.setLink(...args)),
  trySetLink: (...args) => analyzer.analyze("trySetLink", () => store.trySetLink(...args)),
  takeOver: (...args) => analyzer.analyze("takeOver", () => store.takeOver(...args)),
  renewLinks: (...args) => analyzer.analyze("renewLinks", () => store.renewLinks(...args)),
  removeLink: (...args) => analyzer.analyze("removeLink", () => store.removeLink(...args)),
  setPodState: (...args) => analyzer.analyze("setPodState", () => store.setPodState(...args)),
  podStates: (...args) => analyzer.analyze("podStates", () => store.podStates(...args)),
  setWorkloadState: (...args) => analyzer.analyze("setWorkloadState", () => store.setWorkloadState(...args)),
  workloadStates: (...args) => analyzer.analyze("workloadStates", () => store.workloadStates(...args)),
  close: () => analyzer.analyze("close", () => store.close()),
});
