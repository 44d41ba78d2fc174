/** Models as functions of named layers, for everything that is not a sequence. */

import { heldTensors, type Tensor } from "@kronograd/tensor";
import { callLayer, type Layer, type Mode } from "./layer.ts";
import { initializeRoot, type ModelOptions } from "./model-tree.ts";

/** The children as plain functions: their random numbers and the mode are passed on. */
export type Callable<C> = { readonly [K in keyof C]: (x: Tensor) => Tensor };

/**
 * Make a layer out of named layers and a function that says how they are connected.
 *
 * A child that is called twice in one pass draws other random numbers the second time.
 *
 * @param children  by name: the parameters of `conv1` are called "conv1.weight", "conv1.bias"
 * @param forward   gets x, the children as functions, and the mode
 * @throws {UsageError} a device or dtype without rng
 * @example
 * const block = model(
 *   { conv1: new Conv2d({ in: 8, out: 8, kernel: 3, padding: 1 }), relu: relu(), conv2: new Conv2d({ in: 8, out: 8, kernel: 3, padding: 1 }) },
 *   (x, { conv1, relu, conv2 }) => relu(add(x, conv2(relu(conv1(x))))),
 * );
 */
export function model<C extends Readonly<Record<string, Layer>>>(
  children: C,
  forward: (x: Tensor, layers: Callable<C>, mode: Mode) => Tensor,
  options: ModelOptions = {},
): Layer {
  const layer: Layer = {
    kind: "block",
    children: () => children,
    forward: (x, mode) => forward(x, callables(children, mode), mode),
    [heldTensors]: () => children,
  };
  initializeRoot("model", layer, options);
  return layer;
}

function callables<C extends Readonly<Record<string, Layer>>>(children: C, mode: Mode): Callable<C> {
  const entries = Object.entries(children).map(([name, layer]) => {
    let calls = 0;
    return [name, (x: Tensor) => callLayer(layer, calls++ === 0 ? name : `${name} ${calls}`, x, mode)] as const;
  });
  return Object.fromEntries(entries) as Callable<C>;
}
