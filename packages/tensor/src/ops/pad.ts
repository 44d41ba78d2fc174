/** More elements around a tensor. */

import { UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { embed } from "./slice.ts";

/**
 * Surround a tensor with a value.
 *
 * @param widths  [before, after] for each axis
 * @throws {UsageError} a width is not a whole number ≥ 0, or there is not one pair for each axis
 * @example
 * pad(tensor([1, 2]), [[1, 2]]);   // [0, 1, 2, 0, 0]
 */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  if (widths.length !== x.rank || !widths.flat().every((width) => Number.isInteger(width) && width >= 0)) {
    throw new UsageError({
      where: "pad",
      problem: "widths must be pairs of whole numbers ≥ 0",
      expected: `${x.rank} pairs [before, after]`,
      got: widths,
    });
  }
  const shape = x.shape.map((n, axis) => n + (widths[axis]?.[0] as number) + (widths[axis]?.[1] as number));
  return embed(
    x,
    shape,
    { counts: x.shape, starts: widths.map(([before]) => before), steps: x.shape.map(() => 1) },
    value,
  );
}
