/** The loop of softmax and its relatives: vectors along an axis, each with what makes its exponentials safe. */

import { forEachLane } from "../layout/rows.ts";
import type { Shape } from "../tensor/shape.ts";

/**
 * Walk the vectors along one axis of a row-major array: elements start, start + step, … before end, with their largest
 * value and Σ e^(value − largest).
 */
export function forEachDistribution(
  values: ArrayLike<number>,
  shape: Shape,
  axis: number,
  visit: (start: number, end: number, step: number, largest: number, total: number) => void,
): void {
  forEachLane(shape, axis, (start, step, n) => {
    const end = start + n * step;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i += step) largest = Math.max(largest, values[i]!);
    let total = 0;
    for (let i = start; i < end; i += step) total += Math.exp(values[i]! - largest);
    visit(start, end, step, largest, total);
  });
}
