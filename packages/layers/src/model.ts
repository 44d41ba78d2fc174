/** Models as functions of named layers, for everything that is not a sequence. */

import { heldTensors, type Tensor, type Tree } from "@kronograd/tensor";
import { callLayer, type Layer, type Mode } from "./layer.ts";
import { initializeRoot, type ModelOptions } from "./model-tree.ts";
import { checkNames } from "./parts/checks.ts";

/** The children as plain functions: their random numbers and the mode are passed on. */
export type Callable<C> = { readonly [K in keyof C]: (x: C[K] extends Layer<infer In> ? In : Tensor) => Tensor };

/**
 * Make a layer out of named layers and a function that says how they are connected.
 *
 * A child that is called twice in one pass draws other random numbers the second time.
 *
 * @param children  by name: the parameters of `conv1` are called "conv1.weight", "conv1.bias"
 * @param forward   gets x (a tensor, or a tree of the data set's inputs by name), the children as functions, and the mode
 * @throws {UsageError} a name that is a whole number, or a device or dtype without rng
 * @example
 * const block = model(
 *   { conv1: new Conv2d({ in: 8, out: 8, kernel: 3, padding: 1 }), relu: relu(), conv2: new Conv2d({ in: 8, out: 8, kernel: 3, padding: 1 }) },
 *   (x, { conv1, relu, conv2 }) => relu(add(x, conv2(relu(conv1(x))))),
 * );
 * @example
 * const pair = model(
 *   { left: new Dense({ in: 3, out: 8 }), right: new Dense({ in: 5, out: 8 }), head: new Dense({ in: 8, out: 1 }) },
 *   (x: { left: Tensor; right: Tensor }, { left, right, head }) => head(add(left(x.left), right(x.right))),
 * );
 */
export function model<C extends Readonly<Record<string, Layer<Tree>>>, In extends Tree = Tensor>(
  children: C,
  forward: (x: In, layers: Callable<C>, mode: Mode) => Tensor,
  options: ModelOptions = {},
): Layer<NoInfer<In>> {
  checkNames("model", "a layer", Object.keys(children));
  const layer: Layer<In> = {
    kind: "block",
    children: () => children,
    forward: (x, mode) => forward(x, callables(children, mode), mode),
    [heldTensors]: () => children,
  };
  initializeRoot("model", layer, options);
  return layer;
}

function callables<C extends Readonly<Record<string, Layer<Tree>>>>(children: C, mode: Mode): Callable<C> {
  const entries = Object.entries(children).map(([name, layer]) => {
    let calls = 0;
    return [name, (x: Tree) => callLayer(layer, calls++ === 0 ? name : `${name} ${calls}`, x, mode)] as const;
  });
  return Object.fromEntries(entries) as unknown as Callable<C>;
}
