/** A number that may change with the step: learning rates, damping, decay. Steps count from 0. */

export type Schedule = number | ((step: number) => number);

/** The value of a schedule at a step. */
export function at(schedule: Schedule, step: number): number {
  return typeof schedule === "number" ? schedule : schedule(step);
}
