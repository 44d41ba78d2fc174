import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { at, describeSchedule, type Schedule } from "./schedule.ts";
import { schedules } from "./schedules.ts";

const values = (schedule: Schedule, steps: readonly number[]) => steps.map((step) => at(schedule, step));

describe("schedules", () => {
  it("step falls at every stair", () => {
    expect(values(schedules.step(8, 0.5, 10), [0, 9, 10, 19, 20])).toEqual([8, 8, 4, 4, 2]);
  });

  it("milestones falls where it is told", () => {
    expect(values(schedules.milestones(8, 0.5, [2, 5]), [0, 1, 2, 4, 5, 100])).toEqual([8, 8, 4, 4, 2, 2]);
  });

  it("exponential meets the stair of step at its edges", () => {
    expect(values(schedules.exponential(8, 0.5, 10), [0, 10, 20])).toEqual([8, 4, 2]);
    expect(at(schedules.exponential(8, 0.25, 10), 5)).toBe(4);
  });

  it("linear reaches its end and stays there", () => {
    expect(values(schedules.linear(1, 0, 4), [0, 1, 2, 3, 4, 99])).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
    expect(at(schedules.linear(0, 1, 4), 1)).toBe(0.25);
  });

  it("polynomial of power 1 is linear", () => {
    const steps = [0, 3, 7, 10, 11];
    expect(values(schedules.polynomial(2, 1, 10, 1), steps)).toEqual(values(schedules.linear(2, 1, 10), steps));
    expect(at(schedules.polynomial(1, 0, 10, 2), 5)).toBe(0.25);
  });

  it("cosine is half way at half time, and stays at its end", () => {
    const cosine = schedules.cosine(1, 100, 0.2);
    expect(at(cosine, 0)).toBe(1);
    expect(at(cosine, 50)).toBeCloseTo(0.6, 15);
    expect(values(cosine, [100, 1000])).toEqual([0.2, 0.2]);
  });

  it("cosineRestarts restarts at 10, 30, 70 and 150 for first 10 and multiple 2", () => {
    const restarts = schedules.cosineRestarts(1, 10, 2);
    const found = Array.from({ length: 200 }, (_, step) => step).filter((step) => at(restarts, step) === 1);
    expect(found).toEqual([0, 10, 30, 70, 150]);
    expect(at(restarts, 20)).toBeCloseTo(0.5, 15); // half of 10 … 30
    expect(at(restarts, 29)).toBeCloseTo(0.5 * (1 + Math.cos((Math.PI * 19) / 20)), 15);
  });

  it("cosineRestarts with multiple 1 repeats itself", () => {
    const restarts = schedules.cosineRestarts(1, 10, 1, 0.1);
    expect(values(restarts, [1003, 9999])).toEqual(values(restarts, [3, 9]));
  });

  it("warmup climbs along a line while the other's clock runs on", () => {
    const warm = schedules.warmup(4, schedules.linear(1, 0, 10));
    expect(at(warm, 0)).toBeCloseTo(0.25, 15);
    expect(at(warm, 1)).toBeCloseTo(0.5 * 0.9, 15);
    expect(values(warm, [3, 8])).toEqual(values(schedules.linear(1, 0, 10), [3, 8]));
    expect(at(schedules.warmup(10, 0.5), 4)).toBe(0.25);
  });

  it("carry their config as data", () => {
    expect(schedules.cosine(0.1, 2000).config).toEqual({ kind: "cosine", from: 0.1, steps: 2000, to: 0 });
    expect(JSON.parse(JSON.stringify(schedules.warmup(5, schedules.milestones(1, 0.1, [3])).config))).toEqual({
      kind: "warmup",
      over: 5,
      schedule: { kind: "milestones", from: 1, factor: 0.1, milestones: [3] },
    });
  });

  it("refuse numbers that cannot be, with the name and the value", () => {
    expect(() => schedules.cosine(0.1, 0)).toThrow(
      "schedule: steps is not possible (expected a whole number ≥ 1, got 0).",
    );
    expect(() => schedules.step(0.1, -1, 5)).toThrow(UsageError);
    expect(() => schedules.milestones(0.1, 0.1, [5, 3])).toThrow(UsageError);
    expect(() => schedules.linear(Number.NaN, 0, 5)).toThrow(UsageError);
  });
});

describe("at", () => {
  it("gives constants and any function of the step", () => {
    expect(values(0.3, [0, 7])).toEqual([0.3, 0.3]);
    expect(at((step) => step / 2, 3)).toBe(1.5);
  });

  it("refuses what is no finite number from 0 on, naming schedule and step", () => {
    expect(() => at((step) => 1 / step, 0)).toThrow(
      "schedule custom: gives no finite number ≥ 0 at step 0 (got Infinity).",
    );
    expect(() => at(schedules.linear(-1, 0, 10), 0)).toThrow(
      "schedule linear(-1, 0, 10): gives no finite number ≥ 0 at step 0 (got -1).",
    );
  });
});

describe("describeSchedule", () => {
  it("writes the call that makes the schedule", () => {
    expect(describeSchedule(0.1)).toBe("0.1");
    expect(describeSchedule(schedules.warmup(5, schedules.milestones(1, 0.1, [3, 6])))).toBe(
      "warmup(5, milestones(1, 0.1, [3, 6]))",
    );
    expect(describeSchedule(schedules.warmup(5, 0.1))).toBe("warmup(5, 0.1)");
    expect(describeSchedule((step) => step)).toBe("custom");
  });
});
