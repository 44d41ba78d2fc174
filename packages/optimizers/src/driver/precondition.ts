/** A curvature method as a member of a chain, whatever its scope. */

import type { CurvatureMethod, Scoped } from "../curvature-method.ts";
import type { StateTree } from "../state/state.ts";
import type { Transform } from "../transform.ts";
import type { AnyMethod, PreconditionOptions } from "./drive.ts";
import { preconditionBlocks } from "./precondition-blocks.ts";
import { preconditionModel } from "./precondition-model.ts";

/**
 * Drive a curvature method: schedules, parts of a batch, guards, raised damping. Reports `damping`; `skippedStatistics` and
 * `dampingRaised` on steps that had any.
 *
 * @throws {UsageError} a period that is not a whole number of steps; on update, damping below 0, parts that do not merge
 * @throws {NumericalError} (on update) a factor that cannot be inverted even with raised damping; names the layer
 * @example
 * chain(precondition(kfacCurvature(), { damping: 0.03, refreshEvery: 10 }), klClip(1e-3), momentum());
 */
export function precondition<
  S extends StateTree,
  B extends StateTree,
  R extends StateTree,
  K extends keyof Scoped = "block",
>(method: CurvatureMethod<S, B, R, K>, options: PreconditionOptions = {}): Transform {
  if (method.scope === "model") return preconditionModel(method as unknown as AnyMethod<"model">, options);
  return preconditionBlocks(method as unknown as AnyMethod, options);
}
