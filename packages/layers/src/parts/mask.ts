/** Masks of positions, as layers meet them. */

import type { Shape, Tensor } from "@kronograd/tensor";
import type { Mode } from "../layer.ts";

/** The mask of a pass, for rows that begin with its axes; others have no positions of the sequence. */
export function maskOf(rows: Shape, mode: Mode | undefined): Tensor | undefined {
  const mask = mode?.mask;
  return mask?.shape.every((n, axis) => rows[axis] === n) ? mask : undefined;
}
