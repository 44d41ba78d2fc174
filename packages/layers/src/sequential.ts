/** Layers one after the other. */

import { heldTensors, type Tensor } from "@kronograd/tensor";
import { callLayer, type Layer, type Mode } from "./layer.ts";
import { initializeRoot, type ModelOptions } from "./model-tree.ts";

/**
 * Apply layers one after the other.
 *
 * Children of a list are named by kind and count, "conv1", "relu1", "conv2"; children of a record by its keys.
 *
 * @throws {UsageError} a device or dtype without rng
 * @example
 * const model = new Sequential([new Dense({ in: 2, out: 16 }), relu(), new Dense({ in: 16, out: 3 })], { rng: new Rng(0) });
 * Object.keys(parameters(model));   // ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]
 */
export class Sequential implements Layer {
  readonly kind = "block";
  readonly layers: Readonly<Record<string, Layer>>;

  constructor(layers: readonly Layer[] | Readonly<Record<string, Layer>>, options: ModelOptions = {}) {
    this.layers = Array.isArray(layers) ? numbered(layers) : (layers as Readonly<Record<string, Layer>>);
    initializeRoot("Sequential", this, options);
  }

  children(): Readonly<Record<string, Layer>> {
    return this.layers;
  }

  forward(x: Tensor, mode: Mode): Tensor {
    let y = x;
    for (const [name, layer] of Object.entries(this.layers)) y = callLayer(layer, name, y, mode);
    return y;
  }

  [heldTensors](): unknown {
    return this.layers;
  }
}

function numbered(layers: readonly Layer[]): Record<string, Layer> {
  const counts = new Map<string, number>();
  return Object.fromEntries(
    layers.map((layer) => {
      const count = (counts.get(layer.kind) ?? 0) + 1;
      counts.set(layer.kind, count);
      return [`${layer.kind}${count}`, layer];
    }),
  );
}
