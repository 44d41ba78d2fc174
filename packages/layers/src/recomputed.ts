/** A layer that keeps its input alone until the way back, and is run again there. */

import { recompute } from "@kronograd/autograd";
import { heldTensors, mapTree, type Tensor, type Tree, treeLeaves } from "@kronograd/tensor";
import type { Layer } from "./layer.ts";

/**
 * Trade time for memory: keep a layer's input alone, and run the layer again on the way back.
 *
 * The layer behaves as before, to the bit. Parameters, names and summaries are the layer's own, so a checkpoint fits both forms.
 *
 * Wrap blocks of several layers: one block's values are held at a time, beside the inputs of all. What curvature methods
 * capture (the inputs of layers, where they ask for them) is kept as ever.
 *
 * @cost one more forward pass of the layer for each way back
 * @example
 * const block = () => recomputed(new Sequential([new Dense({ in: 64, out: 64 }), gelu(), new Dense({ in: 64, out: 64 })]));
 * const model = new Sequential([block(), block(), block()], { rng: new Rng(0) });
 * Object.keys(parameters(model)).length;   // 12
 */
export function recomputed<In extends Tree>(layer: Layer<In>): Layer<In> {
  return {
    kind: layer.kind,
    options: layer.options,
    forward(x, mode) {
      let runs = 0;
      const again = { training: mode.training, ...(mode.rng && { rng: mode.rng }) }; // whoever listens has heard the first run
      const body = (...leaves: readonly Tensor[]) => {
        let i = 0;
        return layer.forward(
          mapTree(x, () => leaves[i++] as Tensor),
          runs++ === 0 ? mode : again,
        );
      };
      return recompute(body, ...treeLeaves(x));
    },
    ...(layer.parameters && { parameters: () => layer.parameters?.() ?? {} }),
    ...(layer.buffers && { buffers: () => layer.buffers?.() ?? {} }),
    ...(layer.children && { children: () => layer.children?.() ?? {} }),
    ...(layer.init && { init: (context) => layer.init?.(context) }),
    ...(layer.role && { role: (name) => layer.role?.(name) ?? "weight" }),
    [heldTensors]: () => layer,
  };
}
