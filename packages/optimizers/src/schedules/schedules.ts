/**
 * The schedules. Each is a plain function of the step that carries its `config`, and the text of the command line is the
 * call itself: `cosine(0.1, 2000)`.
 *
 * Symbols: t the step, T = `steps` the length; past the end a schedule stays at its last value.
 */

import { UsageError } from "@kronograd/tensor";
import { at, type NamedSchedule, type Schedule, type ScheduleConfig } from "./schedule.ts";

/** Makers of schedules, by the names that the command line knows. */
export const schedules = {
  /** The same value at every step. */
  constant: (value: number): NamedSchedule => define("constant", { value: number("value", value) }, () => value),

  /** from · factor^⌊t / every⌋: down a stair. */
  step: (from: number, factor: number, every: number): NamedSchedule =>
    define(
      "step",
      { from: number("from", from), factor: positive("factor", factor), every: whole("every", every) },
      (t) => from * factor ** Math.floor(t / every),
    ),

  /** from · factor^(milestones passed): a stair with steps of its own lengths. */
  milestones: (from: number, factor: number, milestones: readonly number[]): NamedSchedule =>
    define(
      "milestones",
      { from: number("from", from), factor: positive("factor", factor), milestones: ascending(milestones) },
      (t) => from * factor ** milestones.filter((milestone) => t >= milestone).length,
    ),

  /** from · factor^(t / every): the stair of `step` made smooth. */
  exponential: (from: number, factor: number, every = 1): NamedSchedule =>
    define(
      "exponential",
      { from: number("from", from), factor: positive("factor", factor), every: whole("every", every) },
      (t) => from * factor ** (t / every),
    ),

  /** from → to along a straight line. */
  linear: (from: number, to: number, steps: number): NamedSchedule =>
    define(
      "linear",
      { from: number("from", from), to: number("to", to), steps: whole("steps", steps) },
      (t) => to + (from - to) * left(t, steps),
    ),

  /** to + (from − to)(1 − t/T)^power. */
  polynomial: (from: number, to: number, steps: number, power = 2): NamedSchedule =>
    define(
      "polynomial",
      {
        from: number("from", from),
        to: number("to", to),
        steps: whole("steps", steps),
        power: positive("power", power),
      },
      (t) => to + (from - to) * left(t, steps) ** power,
    ),

  /** to + ½(from − to)(1 + cos πt/T). */
  cosine: (from: number, steps: number, to = 0): NamedSchedule =>
    define("cosine", { from: number("from", from), steps: whole("steps", steps), to: number("to", to) }, (t) =>
      halfWave(from, to, Math.min(t / steps, 1)),
    ),

  /**
   * Cosines with warm restarts: the i-th falls from `from` to `to` in first · multiple^i steps.
   *
   * @source Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", eq. 5
   */
  cosineRestarts: (from: number, first: number, multiple = 2, to = 0): NamedSchedule =>
    define(
      "cosineRestarts",
      {
        from: number("from", from),
        first: whole("first", first),
        multiple: whole("multiple", multiple),
        to: number("to", to),
      },
      (t) => {
        let start = 0;
        let length = first;
        if (multiple === 1) start = t - (t % first);
        else for (; t >= start + length; length *= multiple) start += length;
        return halfWave(from, to, (t - start) / length);
      },
    ),

  /**
   * Another schedule, times (t+1)/over for the first `over` steps. The other one's clock does not wait: it counts steps
   * from the run's first.
   *
   * @source Goyal et al. (2017), "Accurate, large minibatch SGD", §2.2 (gradual warm-up)
   */
  warmup: (over: number, schedule: Schedule): NamedSchedule =>
    define(
      "warmup",
      { over: whole("over", over), schedule: configOf(schedule) },
      (t) => at(schedule, t) * Math.min(1, (t + 1) / over),
    ),
} as const;

function define(kind: string, config: Omit<ScheduleConfig, "kind">, value: (step: number) => number): NamedSchedule {
  const own = { kind, ...config } as ScheduleConfig;
  return Object.assign((step: number) => value(step), { config: own, toString: () => write(own) });
}

function write(value: ScheduleConfig[string]): string {
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  const { kind, ...rest } = value as ScheduleConfig;
  if (kind === "custom" || kind === "constant") return kind === "custom" ? kind : String(rest.value);
  return `${kind}(${Object.values(rest).map(write).join(", ")})`;
}

function configOf(schedule: Schedule): ScheduleConfig {
  if (typeof schedule === "number") return { kind: "constant", value: number("schedule", schedule) };
  return "config" in schedule ? (schedule as NamedSchedule).config : { kind: "custom" };
}

const left = (t: number, steps: number): number => 1 - Math.min(t / steps, 1);
const halfWave = (from: number, to: number, done: number): number =>
  to + 0.5 * (from - to) * (1 + Math.cos(Math.PI * done));

function number(name: string, value: number): number {
  return must(Number.isFinite(value), name, "a finite number", value);
}

function positive(name: string, value: number): number {
  return must(Number.isFinite(value) && value > 0, name, "a number > 0", value);
}

function whole(name: string, value: number): number {
  return must(Number.isInteger(value) && value >= 1, name, "a whole number ≥ 1", value);
}

function ascending(milestones: readonly number[]): readonly number[] {
  const valid = milestones.every((m, i) => Number.isInteger(m) && m >= 1 && m > (milestones[i - 1] ?? 0));
  return must(valid, "milestones", "steps ≥ 1 in ascending order", milestones);
}

function must<T>(valid: boolean, name: string, expected: string, got: T): T {
  if (valid) return got;
  throw new UsageError({
    where: "schedule",
    problem: `${name} is not possible`,
    expected,
    got,
    details: { name, got },
  });
}
