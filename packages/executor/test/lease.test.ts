import { describe, expect, it } from "vitest";
import { Lease } from "../src/ownership/lease.ts";

const setUp = () => {
  const monotonic = { nowMs: 1000, now: () => monotonic.nowMs };
  const wall = { nowMs: 5_000_000, now: () => wall.nowMs };
  const lease = new Lease(monotonic, wall, 1000, 100);
  const pass = (ms: number): void => {
    monotonic.nowMs += ms;
    wall.nowMs += ms;
  };
  return { monotonic, wall, lease, pass };
};

describe("Lease", () => {
  it("is not valid before it was granted", () => {
    expect(setUp().lease.isValid()).toBe(false);
  });

  it("counts from the sending time, less the margin, however late the answer comes", () => {
    const { lease, pass } = setUp();
    const sent = lease.instant();
    pass(600);
    lease.granted(sent);
    expect(lease.leftMs()).toBe(300);
    pass(299);
    expect(lease.isValid()).toBe(true);
    pass(1);
    expect(lease.isValid()).toBe(false);
  });

  it("ends with the wall clock when the monotonic one stood still: the machine was suspended", () => {
    const { lease, wall } = setUp();
    lease.granted(lease.instant());
    wall.nowMs += 900;
    expect(lease.isValid()).toBe(false);
  });

  it("ends with the monotonic clock when the wall clock was set back", () => {
    const { lease, wall, monotonic } = setUp();
    lease.granted(lease.instant());
    wall.nowMs -= 60_000;
    monotonic.nowMs += 900;
    expect(lease.isValid()).toBe(false);
  });

  it("is over at once by end()", () => {
    const { lease } = setUp();
    lease.granted(lease.instant());
    lease.end();
    expect(lease.isValid()).toBe(false);
    expect(lease.leftMs()).toBeLessThanOrEqual(0);
  });
});
