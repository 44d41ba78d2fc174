/** Blocks taken apart where rules divide them: the weight stays a layer without its bias, every other parameter is alone. */

import {
  type Block,
  factoredGradient,
  type Gradient,
  type LayerRecord,
  layerRecord,
  partsGradient,
} from "@kronograd/autograd";
import { sizeOf, type Tensor } from "@kronograd/tensor";
import type { Updates } from "../updates.ts";

/** A block's parameters as blocks of their own, the weight of a layer first under the layer's name. */
export function piecesOf(block: Block): readonly Block[] {
  return block.parameters.map((name, i) => {
    const shape = block.shapes[i] ?? [];
    const common = { parameters: [name], shapes: [shape], hasBias: false };
    if (i > 0 || !block.isLayer || block.isVector === true)
      return { ...common, name, shape, isLayer: false, groups: 1 };
    const rows = shape[0] ?? 1;
    return { ...common, name: block.name, shape: [rows, sizeOf(shape) / rows], isLayer: true, groups: block.groups };
  });
}

/** The gradients of a block's pieces; factors of a weight stay factors. */
export function splitGradient(gradient: Gradient): readonly Gradient[] {
  const { block, factors } = gradient;
  return piecesOf(block).map((piece, i) => {
    if (i === 0 && piece.isLayer && factors !== undefined) {
      const { g, a, scale } = factors;
      return factoredGradient(piece, { g, a, scale, hasBias: false });
    }
    return partsGradient(piece, [gradient.parts()[i] as Tensor]);
  });
}

/** The same record without the bias coordinate. */
export const withoutBias = (record: LayerRecord): LayerRecord => layerRecord({ ...record, hasBias: false });

/** Updates in which the named blocks are taken apart. */
export function splitUpdates(updates: Updates, divided: ReadonlySet<string>): Updates {
  return new Map(
    [...updates].flatMap(([name, gradient]): (readonly [string, Gradient])[] => {
      if (!divided.has(name)) return [[name, gradient]];
      return splitGradient(gradient).map((piece) => [piece.block.name, piece]);
    }),
  );
}
