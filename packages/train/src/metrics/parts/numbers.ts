/** Targets that are numbers. */

import { assertShape, DtypeError, type Tensor } from "@kronograd/tensor";

/** Check targets that hold one number for each output. @throws {ShapeError} @throws {DtypeError} they are labels */
export function checkNumbers(where: string, outputs: Tensor, targets: Tensor): void {
  assertShape(where, "targets must have the shape of the outputs", outputs.shape, targets.shape);
  if (targets.dtype !== "int32") return;
  throw new DtypeError({ where, problem: "targets are labels", expected: "floats", got: targets.dtype });
}
