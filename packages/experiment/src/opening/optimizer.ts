/** Optimizers from a rival's name and options: of the catalog, or from a file of the user's own. */

import {
  type CurvatureMethod,
  catalogEntry,
  checkOptions,
  curvatureOptions,
  Optimizer,
  secondOrder,
} from "@kronograd/optimizers";
import { UsageError } from "@kronograd/tensor";
import { parseOptions } from "../text/option-text.ts";
import type { RunLength } from "../text/schedule-text.ts";
import { bareSurroundings, isFile, type Surroundings } from "./surroundings.ts";

/**
 * Make an optimizer of the catalog from its name and options, of which any may be text, as from a command line or a run.json.
 *
 * @param run  what a schedule may leave out: `"linear(0.1, 0)"` falls over the steps of the run
 * @throws {UsageError} an unknown name or option, text that cannot be read, or a value out of range
 * @example
 * optimizerByName("sgd", { learningRate: "cosine(0.1)", momentum: 0.9 }, { steps: 2340 });
 */
export function optimizerByName(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  run: RunLength = {},
): Optimizer {
  const { options: table, make } = catalogEntry(name);
  return make(parseOptions(name, options, table, run));
}

/** How long the runs are, and how their learning rates fall. */
export interface RunShape {
  /** Undefined where only seconds limit a run. */
  readonly steps: number | undefined;
  readonly schedule: "linear" | "cosine" | "constant";
}

/** Makes the same optimizer again and again, each with a state of its own. */
export type OptimizerMaker = () => Optimizer;

/**
 * Find the optimizer of a rival.
 *
 * @throws {UsageError} an unknown optimizer or option (with the nearest that exists), or a value out of range
 */
export async function openOptimizer(
  optimizer: string,
  options: Readonly<Record<string, unknown>>,
  shape: RunShape,
  { load }: Pick<Surroundings, "load"> = bareSurroundings,
): Promise<OptimizerMaker> {
  const run = shape.steps === undefined ? {} : { steps: shape.steps };
  if (isFile(optimizer)) return fromFile(optimizer, await load(optimizer, "an optimizer"), options, shape);
  const { options: table } = catalogEntry(optimizer);
  const learningRate = falling(options.learningRate ?? table.learningRate?.default, shape);
  const make = () => optimizerByName(optimizer, { ...options, learningRate }, run);
  make(); // what is wrong with the options is said now
  return make;
}

/** A plain rate with the schedule of the race around it; a schedule of its own stays. */
function falling(rate: unknown, { schedule, steps }: RunShape): unknown {
  const isPlain =
    typeof rate === "number" || (typeof rate === "string" && rate.trim() !== "" && !Number.isNaN(Number(rate)));
  if (!isPlain || schedule === "constant" || steps === undefined) return rate;
  return schedule === "linear" ? `linear(${rate}, 0, ${steps})` : `cosine(${rate}, ${steps})`;
}

/** A file makes an Optimizer, or a CurvatureMethod that is put into the usual chain. */
function fromFile(
  file: string,
  exported: (...values: never[]) => unknown,
  options: Readonly<Record<string, unknown>>,
  shape: RunShape,
): OptimizerMaker {
  const factory = exported as (options: Record<string, unknown>) => unknown;
  const table = curvatureOptions({ statisticsEvery: 1, refreshEvery: 10 });
  const make = () => {
    const made = factory(asValues(options));
    if (made instanceof Optimizer) return made;
    if (!isMethod(made)) {
      throw new UsageError({
        where: file,
        problem: "makes neither an optimizer nor a curvature method",
        expected: "an Optimizer, or an object with init and precondition",
        got: typeof made,
      });
    }
    const common = Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(table, name)));
    const learningRate = falling(common.learningRate ?? table.learningRate.default, shape);
    const run = shape.steps === undefined ? {} : { steps: shape.steps };
    const chosen = checkOptions(made.name, parseOptions(made.name, { ...common, learningRate }, table, run), table);
    return secondOrder(made.name, chosen, made);
  };
  make();
  return make;
}

function isMethod(value: unknown): value is CurvatureMethod {
  return (
    typeof value === "object" &&
    value !== null &&
    ["init", "precondition"].every((key) => typeof (value as never)[key] === "function")
  );
}

/** Text of the command line as numbers and truth values, where it reads so: a file has no table of its options. */
function asValues(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      if (typeof value !== "string") return [name, value];
      try {
        return [name, JSON.parse(value)];
      } catch {
        return [name, value];
      }
    }),
  );
}
