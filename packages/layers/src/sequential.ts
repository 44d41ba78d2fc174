/** Layers one after the other. */

import { heldTensors, type Tensor, type Tree } from "@kronograd/tensor";
import { callLayer, type Layer, type Mode } from "./layer.ts";
import { initializeRoot, type ModelOptions } from "./model-tree.ts";
import { checkNames } from "./parts/checks.ts";

/** Options of a sequence of layers. */
export interface SequentialOptions extends ModelOptions {
  /** Take the input apart into what the first layer reads and a mask of its positions, [B, S], for all layers. */
  readonly mask?: (x: Tree) => { readonly input: Tree; readonly mask: Tensor | undefined };
}

/**
 * Apply layers one after the other.
 *
 * Children of a list are named by kind and count, "conv1", "relu1", "conv2"; children of a record by its keys.
 *
 * @throws {UsageError} a name that is a whole number, or a device or dtype without rng
 * @example
 * const model = new Sequential([new Dense({ in: 2, out: 16 }), relu(), new Dense({ in: 16, out: 3 })], { rng: new Rng(0) });
 * Object.keys(parameters(model));   // ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
 */
export class Sequential implements Layer<Tree> {
  readonly kind = "block";
  readonly layers: Readonly<Record<string, Layer<Tree>>>;
  readonly #mask: SequentialOptions["mask"];

  constructor(
    layers: readonly Layer<Tree>[] | Readonly<Record<string, Layer<Tree>>>,
    { mask, ...options }: SequentialOptions = {},
  ) {
    this.layers = Array.isArray(layers) ? numbered(layers) : (layers as Readonly<Record<string, Layer<Tree>>>);
    checkNames("new Sequential", "a layer", Object.keys(this.layers));
    this.#mask = mask;
    initializeRoot("Sequential", this, options);
  }

  children(): Readonly<Record<string, Layer<Tree>>> {
    return this.layers;
  }

  /** @param x  a tensor, or whatever the first layer takes */
  forward(x: Tree, mode: Mode): Tensor {
    const { input, mask } = this.#mask?.(x) ?? { input: x, mask: mode.mask };
    const own = mask === undefined ? mode : { ...mode, mask };
    let y = input;
    for (const [name, layer] of Object.entries(this.layers)) y = callLayer(layer, name, y, own);
    return y as Tensor; // each layer makes one
  }

  [heldTensors](): unknown {
    return this.layers;
  }
}

function numbered(layers: readonly Layer<Tree>[]): Record<string, Layer<Tree>> {
  const counts = new Map<string, number>();
  return Object.fromEntries(
    layers.map((layer) => {
      const count = (counts.get(layer.kind) ?? 0) + 1;
      counts.set(layer.kind, count);
      return [`${layer.kind}${count}`, layer];
    }),
  );
}
