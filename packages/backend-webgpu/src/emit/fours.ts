/** Operands that are read four elements at a time. */

import type { Layout } from "@kronograd/tensor";

/**
 * Whether elements can be read four at once along an axis: they lie side by side, and every four begin at a multiple of four.
 *
 * @param stride  of that axis
 * @param count   its length
 * @param steps   strides of all other axes
 */
export function inFours({ offset }: Layout, stride: number, count: number, steps: readonly number[]): boolean {
  return stride === 1 && [offset, count, ...steps].every((number) => number % 4 === 0);
}
