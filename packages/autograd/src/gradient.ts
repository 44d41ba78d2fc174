/**
 * The gradient of one block: dense, as factors, or both, computed when it is asked for.
 *
 * A *block* is a layer's weight with its bias as last column, [out, in(+1)], or a single parameter of any shape. For a
 * layer without weight sharing ∇W = scale · gᵀa, and a method that works on the factors g and a never forms the product.
 */

import { concat, heldTensors, linear, matmul, reshape, scale, slice, sum, type Shape, type Tensor, transpose } from "@kronograd/tensor";

/** Which parameters a gradient belongs to. */
export interface Block {
  /** The layer's name, or the parameter's. */
  readonly name: string;
  /** Names of the parameters: [weight], [weight, bias], or the single parameter. */
  readonly parameters: readonly string[];
  /** Shapes of the parameters. */
  readonly shapes: readonly Shape[];
  /** [out, in(+1)] for a layer; the parameter's own shape else. */
  readonly shape: Shape;
  /** Whether a LayerRecord describes this block, so that curvature methods apply. */
  readonly isLayer: boolean;
  readonly hasBias: boolean;
  /** Independent groups of rows (grouped convolution); 1 otherwise. */
  readonly groups: number;
}

/** ∇W̄ = scale · gᵀ [a, 1]: one row per example; the 1 stands for the bias and is not stored. */
export interface GradientFactors {
  /** [n, out] output gradients of the per-example losses */
  readonly g: Tensor;
  /** [n, in] inputs */
  readonly a: Tensor;
  /** 1 / lossScale */
  readonly scale: number;
  readonly hasBias: boolean;
}

export interface Gradient {
  readonly block: Block;
  /** [out, in(+1)] for a layer block, the parameter's shape else. Memoised. */
  dense(): Tensor;
  /** One tensor for each parameter, in its shape. Memoised. */
  parts(): readonly Tensor[];
  /** Whether neither form was computed yet and only factors exist. */
  readonly factors?: GradientFactors;
  [heldTensors](): unknown;
}

/** A gradient given in joint form, [out, in(+1)] or the parameter's shape. */
export function denseGradient(block: Block, joint: Tensor): Gradient {
  let parts: Tensor[] | undefined;
  return {
    block,
    dense: () => joint,
    parts: () => (parts ??= splitJoint(block, joint)),
    [heldTensors]: () => [joint, parts],
  };
}

/** A gradient given by its parts, one tensor for each parameter. */
export function partsGradient(block: Block, parts: readonly Tensor[]): Gradient {
  let joint: Tensor | undefined;
  return {
    block,
    dense: () => (joint ??= joinParts(block, parts)),
    parts: () => parts,
    [heldTensors]: () => [joint, parts],
  };
}

/** A gradient given by its factors; parts are formed (one GEMM) only when somebody asks. */
export function factoredGradient(block: Block, factors: GradientFactors): Gradient {
  let parts: Tensor[] | undefined;
  let joint: Tensor | undefined;
  const form = () => (parts ??= multiply(block, factors));
  return {
    block,
    factors,
    dense: () => (joint ??= joinParts(block, form())),
    parts: form,
    [heldTensors]: () => [factors.g, factors.a, parts, joint],
  };
}

function multiply(block: Block, { g, a, scale: factor, hasBias }: GradientFactors): Tensor[] {
  const weight = scale(matmul(transpose(g), a), factor); // [out, in]
  const shaped = reshape(weight, block.shapes[0] as Shape);
  return hasBias ? [shaped, scale(sum(g, 0), factor)] : [shaped];
}

/** [W | b] from parts; a single parameter is its own joint form. */
export function joinParts(block: Block, parts: readonly Tensor[]): Tensor {
  const [weight, bias] = parts as [Tensor, Tensor | undefined];
  if (!block.isLayer) return weight;
  const rows = block.shape[0] as number;
  const matrix = reshape(weight, [rows, -1]);
  return bias === undefined ? matrix : concat([matrix, reshape(bias, [rows, 1])], 1);
}

/** Parts from [W | b]. */
export function splitJoint(block: Block, joint: Tensor): Tensor[] {
  if (!block.isLayer) return [joint];
  const [rows, columns] = block.shape as [number, number];
  if (!block.hasBias) return [reshape(joint, block.shapes[0] as Shape)];
  const weight = slice(joint, [null, [0, columns - 1]]);
  const bias = slice(joint, [null, [columns - 1, columns]]);
  return [reshape(weight, block.shapes[0] as Shape), reshape(bias, [rows])];
}

/**
 * Squared Frobenius norm of a gradient, on factors where it has them:
 * ‖scale · gᵀ[a, 1]‖² = scale² · Σ (g gᵀ ∘ (a aᵀ + 1)).
 */
export function squaredNorm(gradient: Gradient): Tensor {
  const { factors } = gradient;
  if (factors === undefined) return gradient.parts().map(frobenius).reduce(addScalars);
  const { g, a, scale: factor, hasBias } = factors;
  const gg = linear(g, g, null); // [n, n]
  const aa = linear(a, a, null); // [n, n]
  const product = sum(gg.mul(hasBias ? aa.add(1) : aa));
  return scale(product, factor * factor);
}

const frobenius = (t: Tensor): Tensor => sum(t.mul(t));
const addScalars = (a: Tensor, b: Tensor): Tensor => a.add(b);
