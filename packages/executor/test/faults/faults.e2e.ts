// In one file, for one after the other: two fleets at a time on a small machine would be each other's fault.
import { describe } from "vitest";
import { testFaults } from "./fault-tests.ts";
import { failovers, moves, podFaults, storeFaults } from "./matrix.ts";

describe("a pod", () => testFaults(podFaults));
describe("a server", () => testFaults(storeFaults));
describe("replicated servers", () => testFaults(failovers));
describe("a planned departure", () => testFaults(moves));
