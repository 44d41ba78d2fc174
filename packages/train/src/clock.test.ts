import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";
import { phases } from "./events.ts";

/** A clock that only moves when told, and the stopwatch on it. */
function stopwatch() {
  let time = 0;
  const clock = new Clock(0, () => time);
  const pass = (ms: number): void => {
    time += ms;
  };
  return { clock, pass };
}

describe("Clock", () => {
  it("gives time to the phase that is marked, and its sum to seconds", () => {
    const { clock, pass } = stopwatch();
    clock.mark("forward");
    pass(3);
    clock.mark("backward");
    pass(1);
    clock.pause();
    expect(clock.takePhases()).toMatchObject({ forward: 3, backward: 1, apply: 0 });
    expect(clock.seconds).toBeCloseTo(0.004, 12);
  });

  it("gives time of a phase that it does not know to the update: it became NaN", () => {
    const { clock, pass } = stopwatch();
    clock.markOf()("solve");
    pass(3);
    clock.pause();
    const phases = clock.takePhases();
    expect(phases.update).toBe(3);
    expect(Object.keys(phases)).not.toContain("solve");
  });

  it("stands still while paused", () => {
    const { clock, pass } = stopwatch();
    clock.mark("apply");
    pass(2);
    clock.pause();
    pass(50);
    clock.pause();
    clock.mark("forward");
    clock.pause();
    expect(clock.seconds).toBeCloseTo(0.002, 12);
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
