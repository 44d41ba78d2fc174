/** A number that may change with the step: learning rates, damping. Steps count from 0. */

import { UsageError } from "@kronograd/tensor";

/** A constant, or a function of the step. Functions made by `schedules` know their own description; any other will do. */
export type Schedule = number | ((step: number) => number);

/** A schedule as data: its kind and its arguments, in the order in which the kind takes them. */
export interface ScheduleConfig {
  readonly kind: string;
  readonly [argument: string]: string | number | readonly number[] | ScheduleConfig;
}

/** A schedule that can be written down. */
export interface NamedSchedule {
  (step: number): number;
  readonly config: ScheduleConfig;
  /** The call that makes it, which `parseSchedule` of `@kronograd/experiment` reads. */
  toString(): string;
}

/**
 * The value of a schedule at a step.
 *
 * @param of  what it is a schedule of, for the error
 * @throws {UsageError} a function gives something other than a finite number ≥ 0
 */
export function at(schedule: Schedule, step: number, of = "schedule"): number {
  const value = typeof schedule === "number" ? schedule : schedule(step);
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new UsageError({
    where: `${of} ${describeSchedule(schedule)}`,
    problem: `gives no finite number ≥ 0 at step ${step}`,
    got: value,
    details: { step, value },
  });
}

/**
 * Write a schedule as the text that `parseSchedule` reads: `"0.1"`, `"cosine(0.1, 2000, 0)"`. A function of the
 * user's own is `"custom"`.
 */
export function describeSchedule(schedule: Schedule): string {
  if (typeof schedule === "number") return String(schedule);
  return "config" in schedule ? String(schedule) : "custom";
}
