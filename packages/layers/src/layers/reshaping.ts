/** Layers that only give an example's values another shape. */

import { reshape, type Shape, sizeOf } from "@kronograd/tensor";
import type { Layer } from "../layer.ts";

/** Lay all axes but the first in a row: [N, …] → [N, features], row-major. */
export function flatten(): Layer {
  return { kind: "flatten", forward: (x) => reshape(x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]) };
}

/**
 * Give each example another shape: [N, …] → [N, ...shape]. One size may be −1 and is worked out.
 *
 * @throws {ShapeError} in the forward pass: the sizes hold another number of values
 */
export function reshapeTo(shape: Shape): Layer {
  return { kind: "reshape", options: { shape }, forward: (x) => reshape(x, [x.shape[0] ?? 1, ...shape]) };
}
