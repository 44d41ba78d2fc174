import { at, describeSchedule, type Schedule, schedules } from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { parseSchedule, scheduleArguments } from "./schedule-text.ts";

const everyKind: Readonly<Record<keyof typeof schedules, Schedule>> = {
  constant: schedules.constant(0.1),
  step: schedules.step(0.1, 0.5, 30),
  milestones: schedules.milestones(0.1, 0.1, [30, 60, 80]),
  exponential: schedules.exponential(0.1, 0.87, 100),
  linear: schedules.linear(0.1, 0, 500),
  polynomial: schedules.polynomial(0.1, 1e-5, 500, 2),
  cosine: schedules.cosine(0.1, 2000, 1e-4),
  cosineRestarts: schedules.cosineRestarts(0.1, 10, 2, 0),
  warmup: schedules.warmup(100, schedules.linear(0.1, 0, 500)),
};

describe("parseSchedule", () => {
  it.each(Object.entries(everyKind))("reads %s back from its own text", (kind, schedule) => {
    expect(kind in scheduleArguments).toBe(true);
    const read = parseSchedule(describeSchedule(schedule));
    expect(describeSchedule(read)).toBe(describeSchedule(schedule));
    for (const step of [0, 1, 29, 30, 99, 1234]) expect(at(read, step)).toBe(at(schedule, step));
  });

  it("reads numbers, spaces or not, and leaves out what has a default", () => {
    expect(parseSchedule(" 1e-3 ")).toBe(0.001);
    expect(describeSchedule(parseSchedule("cosine(0.1,2000)"))).toBe("cosine(0.1, 2000, 0)");
    expect(describeSchedule(parseSchedule("warmup(100, 0.1)"))).toBe("warmup(100, 0.1)");
  });

  it("takes the length of the run where steps are left out", () => {
    expect(describeSchedule(parseSchedule("linear(0.1, 0)", { steps: 2340 }))).toBe("linear(0.1, 0, 2340)");
    expect(describeSchedule(parseSchedule("warmup(10, cosine(0.1))", { steps: 50 }))).toBe(
      "warmup(10, cosine(0.1, 50, 0))",
    );
    expect(() => parseSchedule("linear(0.1, 0)")).toThrow(UsageError);
  });

  it("names the nearest kind", () => {
    expect(() => parseSchedule("cosin(0.1, 20)")).toThrow('unknown schedule "cosin"');
    expect(() => parseSchedule("cosin(0.1, 20)")).toThrow('Did you mean "cosine"?');
    expect(() => parseSchedule("toString(1)")).toThrow('unknown schedule "toString"');
  });

  it("shows the arguments of a kind that got others", () => {
    expect(() => parseSchedule("linear(0.1)")).toThrowErrorMatchingInlineSnapshot(
      `[UsageError: schedule "linear(0.1)": linear has the wrong number of arguments (expected linear(from, to, steps), got 1 arguments).]`,
    );
    expect(() => parseSchedule("cosine(0.1, [3])")).toThrow("cosine: steps is of the wrong kind");
    expect(() => parseSchedule("cosine(0.1, 0)")).toThrow("steps is not possible");
  });

  it.each([
    "",
    "cosine",
    "cosine(",
    "cosine(0.1",
    "cosine(0.1,)",
    "cosine(0.1 20)",
    "cosine(0.1, 20))",
    "0.1 0.2",
    "()",
    "1-2",
    "milestones(1, 1, [2)",
  ])("refuses %j", (text) => {
    expect(() => parseSchedule(text)).toThrow(UsageError);
    expect(() => parseSchedule(text)).toThrow("cannot be read");
  });
});
