/** A net's parameters as one vector: layers in order, each as rows of [W | b]. */

import { type Gradient, ggnvp, joinParts, splitJoint } from "@kronograd/autograd";
import type { LinearOperator } from "@kronograd/linalg";
import { concat, reshape, slice, stack, type Tensor } from "@kronograd/tensor";

type Blocks = readonly Gradient["block"][];

/** Gradients, in order, as one row vector. */
export function flattened(gradients: readonly Gradient[]): Tensor {
  return concat(
    gradients.map((gradient) => reshape(gradient.dense(), [-1])),
    0,
  );
}

/** The generalised Gauss–Newton matrix of some blocks as an operator, by `ggnvp`. */
export function ggnOperator(
  outputs: () => Tensor,
  loss: (outputs: Tensor) => Tensor,
  parameters: Readonly<Record<string, Tensor>>,
  blocks: Blocks,
): LinearOperator {
  const names = blocks.flatMap((block) => block.parameters);
  const wrt = Object.fromEntries(names.map((name) => [name, parameters[name]!]));
  const sizes = blocks.map(({ shape }) => shape[0]! * shape[1]!);
  const n = sizes.reduce((a, b) => a + b, 0);
  const { dtype, device } = wrt[names[0]!]!;
  const column = (v: Tensor): Tensor => {
    const product = ggnvp(outputs, loss, wrt, unpack(v, blocks, sizes));
    return concat(
      blocks.map((block) =>
        reshape(
          joinParts(
            block,
            block.parameters.map((name) => product[name]!),
          ),
          [-1],
        ),
      ),
      0,
    );
  };
  return {
    shape: [n, n],
    dtype,
    device,
    apply: (V) =>
      stack(
        Array.from({ length: V.shape[1]! }, (_, k) => column(reshape(slice(V, [null, [k, k + 1]]), [-1]))),
        1,
      ),
  };
}

function unpack(v: Tensor, blocks: Blocks, sizes: readonly number[]): Record<string, Tensor> {
  let start = 0;
  const entries = blocks.flatMap((block, i) => {
    const joint = reshape(slice(v, [[start, start + sizes[i]!]]), block.shape);
    start += sizes[i]!;
    return splitJoint(block, joint).map((part, k) => [block.parameters[k]!, part] as const);
  });
  return Object.fromEntries(entries);
}
