/** Random orthonormal columns. */

import type { Rng } from "@kronograd/tensor";

/**
 * Make `count` random orthonormal columns [size], orthogonal to the orthonormal columns `given` too.
 *
 * Gram–Schmidt run twice: once loses orthogonality where a column happens to lie almost in the span of those before it.
 */
export function orthonormal(
  rng: Rng,
  size: number,
  count: number,
  given: readonly Float64Array[] = [],
): Float64Array[] {
  const columns = [...given];
  for (let k = 0; k < count; k++) {
    const column = Float64Array.from({ length: size }, () => rng.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of columns) {
        const projection = dot(column, other);
        for (let i = 0; i < size; i++) column[i]! -= projection * other[i]!;
      }
      const norm = Math.sqrt(dot(column, column));
      for (let i = 0; i < size; i++) column[i]! /= norm;
    }
    columns.push(column);
  }
  return columns.slice(given.length);
}

/** The inner product of two columns. */
export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
