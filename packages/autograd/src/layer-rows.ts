/** How a layer's inputs and output gradients become rows when the positions of an example are added up first. */

import {
  add,
  concat,
  full,
  patchSum,
  reshape,
  type Shape,
  scale,
  slice,
  sum,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import type { Geometry, LayerRecord, Reduction } from "./layer-record.ts";

/** Σ_t u and Σ_t v, each times a power of 1/T. */
export function summed(name: string, inputPower: number, outputPower: number): Reduction {
  return {
    name,
    summed: true,
    inputs({ examples: N, positions: T, geometry, uses }, { bias }) {
      const sums = uses.map(({ input }) => summedInput(input, geometry)).reduce(add); // [N, in]
      return scale(bias ? append(sums, T) : sums, 1 / Math.sqrt(N) / T ** inputPower);
    },
    outputGrads(record) {
      const { examples: N, positions: T, geometry } = record;
      const sums = labelColumns(record).map((grads) => grads.map((grad) => summedOutput(grad, geometry)).reduce(add));
      return scale(concat(sums), 1 / Math.sqrt(N) / T ** outputPower); // [L·N, out]
    },
  };
}

/** The mean of an example's inputs with the sum of its output gradients. */
export const reduce: Reduction = /* @__PURE__ */ summed("reduce", 1, 0);

/** Σ_t u of one use: [N, in]. Window sums for convolutions: no im2col. */
function summedInput(input: Tensor, geometry: Geometry): Tensor {
  if (geometry.kind === "conv2d") return patchSum(input, geometry);
  return input.rank === 2 ? input : sum(sequence(input, 1), 1);
}

/** Σ_t v of one use: [N, out]; what is that already stays as it is. */
export function summedOutput(grad: Tensor, { kind }: Geometry): Tensor {
  if (grad.rank === 2) return grad;
  return kind === "conv2d" ? sum(grad, [2, 3]) : sum(sequence(grad, 1), 1);
}

/** Rows of a dense layer by position, keeping every `stride`-th: [N, T, features]. */
export function sequence(t: Tensor, stride: number): Tensor {
  const all = reshape(t, [t.shape[0] as number, -1, lastOf(t.shape)]);
  return slice(all, [null, [undefined, undefined, stride]]);
}

/** The output gradients of each label column, one for each use. */
export function labelColumns({ name, uses }: LayerRecord): Tensor[][] {
  const columns = uses[0]?.outputGrads ?? [];
  if (columns.length === 0) {
    throw new UsageError({
      where: name,
      problem: "output gradients were not captured",
      help: "Declare needs.outputGrads in the method.",
    });
  }
  return columns.map((_, column) => uses.map((use) => use.outputGrads[column] as Tensor));
}

/** Append a constant coordinate to the last axis. */
export function append(t: Tensor, value: number): Tensor {
  const column = full([...t.shape.slice(0, -1), 1], value, t);
  return concat([t, column], t.rank - 1);
}

/** The size of the last axis. */
export const lastOf = (shape: Shape): number => shape[shape.length - 1] as number;
