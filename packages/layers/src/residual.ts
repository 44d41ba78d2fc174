/** Residual connections. */

import { add } from "@kronograd/tensor";
import type { Layer } from "./layer.ts";
import { model } from "./model.ts";

/**
 * Add a layer's output to its input, or to what a shortcut makes of it: body(x) + shortcut(x).
 *
 * @throws {ShapeError} in the forward pass: the two shapes do not broadcast
 * @source He et al. (2016), "Deep residual learning for image recognition", eq. 1 and 2
 * @example
 * residual(new Sequential([new Dense({ in: 8, out: 8 }), relu()]));
 */
export function residual(body: Layer, shortcut?: Layer): Layer {
  const layer =
    shortcut === undefined
      ? model({ body }, (x, { body }) => add(body(x), x))
      : model({ body, shortcut }, (x, { body, shortcut }) => add(body(x), shortcut(x)));
  return { ...layer, kind: "residual" };
}
