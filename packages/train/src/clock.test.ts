import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";
import { phases } from "./events.ts";

const busy = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

describe("Clock", () => {
  it("gives time to the phase that is marked, and its sum to seconds", () => {
    const clock = new Clock();
    clock.mark("forward");
    busy(3);
    clock.mark("backward");
    busy(1);
    clock.pause();
    const ms = clock.takePhases();
    expect(ms.forward).toBeGreaterThanOrEqual(3);
    expect(ms.backward).toBeGreaterThanOrEqual(1);
    expect(phases.reduce((total, phase) => total + ms[phase], 0)).toBeCloseTo(1000 * clock.seconds, 9);
  });

  it("stands still while paused", () => {
    const clock = new Clock();
    clock.mark("apply");
    clock.pause();
    const { seconds } = clock;
    busy(2);
    clock.pause();
    clock.mark("forward");
    clock.pause();
    expect(clock.seconds - seconds).toBeLessThan(0.001);
  });

  it("goes on from the seconds of a resumed run", () => {
    expect(new Clock(12.5).seconds).toBe(12.5);
  });

  it("starts phases from 0 after they were taken", () => {
    const clock = new Clock();
    clock.mark("data");
    clock.pause();
    clock.takePhases();
    expect(Object.values(clock.takePhases())).toEqual(phases.map(() => 0));
  });
});
