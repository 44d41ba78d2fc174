/**
 * A direction: a gradient, or what the links of a chain have made of one.
 *
 * Of the forms of a gradient (dense, parts, factors) it has two more. Its factors may hold bias coordinates other than 1, once
 * inputs were preconditioned; and it may look ahead along a line whose points are kept, so that it need not be formed to be
 * applied. A link that cannot use a form asks for `parts()` and gives parts on; docs/methods.md §9 has a table.
 */

import {
  type Block,
  type Gradient,
  type GradientFactors,
  gradientOnDemand,
  partsGradient,
  productParts,
} from "@kronograd/autograd";
import {
  add,
  addProduct,
  elementwise,
  linear,
  mul,
  ones,
  reshape,
  run,
  scale,
  sum,
  type Tensor,
  transpose,
  weightedSum,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";

/** scale · gᵀ [a, last]: rows that stand for examples. */
export interface DirectionFactors extends GradientFactors {
  /** [n, 1] the bias coordinates; those of a gradient are ones, which are not stored. */
  readonly last?: Tensor | undefined;
}

/** x + by · (x − from), part by part. */
export interface LookAhead {
  readonly x: readonly Tensor[];
  readonly from: readonly Tensor[];
  readonly by: number;
}

/** A known inner product. */
export interface Slope {
  readonly with: Gradient;
  /** [] */
  readonly product: Tensor;
}

/** The change subtracted from the parameters of a block, times the learning rate. A gradient is one. */
export interface Direction extends Gradient {
  /** The factors, if it is still stored as a product. */
  readonly factors?: DirectionFactors;
  /** The line that its parts are a point of, if it looks ahead. */
  readonly ahead?: LookAhead;
  /** Its inner product with a gradient, if that was a by-product of making it. */
  readonly slope?: Slope | undefined;
}

/** A direction given by its factors; parts are formed (one GEMM) only when somebody asks. */
export function factoredDirection(block: Block, factors: DirectionFactors, slope?: Slope): Direction {
  const form = () => productParts(block, factors, factors.last);
  return { ...gradientOnDemand(block, [factors, slope?.product], form), factors, slope };
}

/** A direction given by two points on a line; parts are formed (one pass) only when somebody asks. */
export function aheadDirection(block: Block, ahead: LookAhead): Direction {
  const { x, from, by } = ahead;
  const form = () => x.map((t, i) => weightedSum(t, from[i] as Tensor, 1 + by, -by));
  return { ...gradientOnDemand(block, ahead, form), ahead };
}

/** The bias coordinates, [n, 1]. */
export const lastOf = ({ g, last }: DirectionFactors): Tensor => last ?? ones([g.shape[0] as number, 1], g);

/** The tensors of a direction as they are stored: nothing is formed for a look at them. */
export function storedTensors({ factors, ahead, parts }: Direction): readonly Tensor[] {
  if (factors === undefined) return ahead?.x ?? parts();
  const { g, a, last } = factors;
  return last === undefined ? [g, a] : [g, a, last];
}

/** gain · scale · g, [n, out]. */
const scaledRows = ({ g, scale: factor }: DirectionFactors, gain = 1): Tensor =>
  factor * gain === 1 ? g : scale(g, factor * gain);

/**
 * Move tensors that decay on by a direction in factors: v ← decay · v + gain · u, by products that add to v; u is never formed.
 *
 * @param from  one v for each parameter of the block, in its shape; only read
 * @returns     the new ones
 * @cost 2 n in out flops, one pass over v
 */
export function addFactors(
  from: readonly Tensor[],
  factors: DirectionFactors,
  decay: number,
  gain: number,
): readonly Tensor[] {
  const [weight, bias] = from as [Tensor, Tensor | undefined];
  const g = scaledRows(factors, gain);
  const add = (v: Tensor, rows: number, left: Tensor, right: Tensor) =>
    reshape(addProduct(reshape(v, [rows, -1]), left, right, decay), v.shape);
  const moved = add(weight, g.shape[1] as number, transpose(g), factors.a);
  return bias === undefined ? [moved] : [moved, add(bias, 1, transpose(lastOf(factors)), g)];
}

/**
 * Take the squared Frobenius norm of a gradient or direction.
 *
 * On factors, where it has them, ‖s gᵀa‖² = s² Σ (g gᵀ ∘ a aᵀ).
 *
 * @returns []
 * @cost on factors 2 n² (in + out) flops, which is less than forming the product while n < in·out / (in + out)
 */
export function squaredNorm(direction: Direction): Tensor {
  return innerProduct(direction, direction);
}

/**
 * Take the inner product ⟨P, Q⟩ of two directions of one block.
 *
 * On factors, where both have them, ⟨s gᵀa, s′ g′ᵀa′⟩ = s s′ Σ (g g′ᵀ ∘ a a′ᵀ).
 *
 * @returns []
 * @cost as squaredNorm
 */
export function innerProduct(p: Direction, q: Direction): Tensor {
  if (p.slope?.with === q) return p.slope.product;
  if (p.factors === undefined || q.factors === undefined) {
    const others = q.parts();
    return p
      .parts()
      .map((part, i) => sum(mul(part, others[i] as Tensor)))
      .reduce(add);
  }
  const outer = linear(p.factors.g, q.factors.g, null); // [n, n′]
  const product = sum(mul(outer, inputProducts(p.factors, q.factors)));
  return scale(product, p.factors.scale * q.factors.scale);
}

/** Inner products of all pairs of input rows, bias coordinates included: [n, n′]. */
function inputProducts(p: DirectionFactors, q: DirectionFactors): Tensor {
  const features = linear(p.a, q.a, null);
  return p.hasBias ? addProduct(features, lastOf(p), transpose(lastOf(q)), 1) : features;
}

const scaledOp = /* @__PURE__ */ elementwise("scaledByTensor", (x, coefficient) =>
  e.mul(e.mul(e.parameter("factor"), coefficient), x),
);

/** A direction times a number that the device holds; factors stay factors. */
export function scaleDirection({ block, factors, parts }: Direction, coefficient: Tensor): Direction {
  if (factors !== undefined) {
    const g = run(scaledOp, [factors.g, coefficient], { factor: factors.scale });
    return factoredDirection(block, { ...factors, g, scale: 1 });
  }
  return partsGradient(
    block,
    parts().map((part) => mul(part, coefficient)),
  );
}
