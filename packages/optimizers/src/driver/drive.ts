/** Shared by the drivers of block methods and of model-wide methods: needs, context, and a method whose types are its own affair. */

import type { BlockInfo } from "../block-info.ts";
import type { CurvatureContext, CurvatureMethod, Scoped } from "../curvature-method.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Needs, StepContext, Transform } from "../transform.ts";
import type { Periods } from "./phases.ts";
import type { Examples } from "./some-examples.ts";

/** A method whose types the driver does not ask about. */
// biome-ignore lint/suspicious/noExplicitAny: states and statistics are the method's own affair
export type AnyMethod<K extends keyof Scoped = "block"> = CurvatureMethod<any, any, any, K>;

/** Schedules and damping of a curvature method. */
export interface PreconditionOptions extends Periods {
  /** λ; default 0.03. Ignored inside `adaptiveDamping`, which sets λ itself. */
  readonly damping?: Schedule;
  /** Examples of each batch that statistics are made of: `someExamples(32)`; default: all. */
  readonly examples?: Examples;
}

/** Whether a LayerRecord describes a block: what methods take by default. */
export const hasRecord = ({ isLayer }: BlockInfo): boolean => isLayer;

/** Description of a method's transform. */
export function described({
  name,
  takes,
  plan,
  ownStep,
  needs,
}: AnyMethod | AnyMethod<"model">): Pick<Transform, "name" | "takes" | "plan" | "ownStep" | "numbers"> {
  return {
    name,
    takes: takes ?? hasRecord,
    plan,
    ...(ownStep && { ownStep }),
    ...(needs.numbers && { numbers: true }),
  };
}

/** Inputs, output gradients and label gradients only on the steps that look at them, the rest always. */
export function needsOf({ needs, takes }: Pick<AnyMethod, "needs" | "takes">, looks: boolean): Needs {
  const { inputs, outputGrads, summed, labelGradient, numbers: _, ...always } = needs;
  const seen = {
    ...(inputs && { inputs }),
    ...(outputGrads && { outputGrads, positions: !summed }),
    ...(labelGradient && { labelGradient }),
  };
  const usesRecords = inputs || outputGrads !== undefined || takes === undefined;
  return { ...(usesRecords && { layers: true }), ...always, ...(looks && seen) };
}

/** Context of a method's calls. */
export function contextOf(context: StepContext, damping: number): CurvatureContext {
  const { step, rng, oracles, gradients, parameters, report } = context;
  return { step, damping, rng, oracles, gradients, parameters, sameRows: false, report };
}
