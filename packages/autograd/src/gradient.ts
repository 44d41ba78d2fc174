/**
 * The gradient of one block: dense, as factors, or both, computed when it is asked for.
 *
 * A *block* is a layer's weight with its bias as last column, [out, in(+1)], or a single parameter of any shape. For a
 * layer without weight sharing ∇W = scale · gᵀa, and a method that works on the factors g and a never forms the product.
 */

import {
  add,
  addProduct,
  concat,
  heldTensors,
  linear,
  matmul,
  mul,
  ones,
  reshape,
  type Shape,
  scale,
  sizeOf,
  slice,
  sum,
  type Tensor,
  transpose,
  weightedSum,
} from "@kronograd/tensor";

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
  /** The parameters one below the other as a vector, [parameters, 1]: the scale and shift of a norm. */
  readonly isVector?: boolean;
  /** Independent groups of rows (grouped convolution); 1 otherwise. */
  readonly groups: number;
}

/** ∇W̄ = scale · gᵀ a: one row per example, and of a preconditioned gradient rows that stand for examples. */
export interface GradientFactors {
  /** [n, out] output gradients of the per-example losses */
  readonly g: Tensor;
  /** [n, in] inputs */
  readonly a: Tensor;
  /** 1 / lossScale */
  readonly scale: number;
  /** Each row of a goes on with the bias coordinate. */
  readonly hasBias: boolean;
  /** [n, 1] the bias coordinates; those of a layer's inputs are ones, which are not stored. */
  readonly last?: Tensor | undefined;
}

/** A known inner product. */
export interface Slope {
  readonly with: Gradient;
  readonly product: Tensor;
}

/** x + by · (x − from), part by part: a direction that looks ahead, and need not be formed to be applied. */
export interface Extrapolation {
  readonly x: readonly Tensor[];
  readonly from: readonly Tensor[];
  readonly by: number;
}

/** A gradient, or a direction made from one. What is computed on request dies with the scope of the request. */
export interface Gradient {
  readonly block: Block;
  /** [out, in(+1)] for a layer block, the parameter's shape else. Memoised. */
  dense(): Tensor;
  /** One tensor for each parameter, in its shape. Memoised. */
  parts(): readonly Tensor[];
  /** Whether neither form was computed yet and only factors exist. */
  readonly factors?: GradientFactors;
  /** What its parts are formed of, where they look ahead. */
  readonly extrapolation?: Extrapolation;
  /** Its inner product with another gradient, [], where making it gave that away. */
  readonly slope?: Slope | undefined;
  [heldTensors](): unknown;
}

/**
 * A value made when first asked for. Made within an inner scope it dies there, and is made again for the next who asks.
 */
function lazy<T>(make: () => T, alive: (value: T) => boolean): { get(): T; held(): T | undefined } {
  let value: T | undefined;
  return {
    get() {
      if (value === undefined || !alive(value)) value = make();
      return value;
    },
    held: () => (value !== undefined && alive(value) ? value : undefined),
  };
}

const isLive = (t: Tensor): boolean => !t.disposed;
const areLive = (list: readonly Tensor[]): boolean => list.every(isLive);

/** A gradient whose parts are made when asked for, of what it holds. */
function partsOnDemand(
  block: Block,
  held: unknown,
  make: () => readonly Tensor[],
  known?: Partial<Gradient>,
): Gradient {
  const parts = lazy(make, areLive);
  const joint = lazy(() => joinParts(block, parts.get()), isLive);
  return {
    block,
    dense: joint.get,
    parts: parts.get,
    [heldTensors]: () => [held, parts.held(), joint.held()],
    ...known,
  };
}

/** A gradient given in joint form, [out, in(+1)] or the parameter's shape. */
export function denseGradient(block: Block, joint: Tensor): Gradient {
  return partsOnDemand(block, joint, () => splitJoint(block, joint), { dense: () => joint });
}

/** A gradient given by its parts, one tensor for each parameter. */
export function partsGradient(block: Block, parts: readonly Tensor[]): Gradient {
  const joint = lazy(() => joinParts(block, parts), isLive);
  return { block, dense: joint.get, parts: () => parts, [heldTensors]: () => [parts, joint.held()] };
}

/** A gradient given by its factors; parts are formed (one GEMM) only when somebody asks. */
export function factoredGradient(block: Block, factors: GradientFactors, slope?: Slope): Gradient {
  return partsOnDemand(block, [factors, slope?.product], () => multiply(block, factors), { factors, slope });
}

/** A gradient given by two points on a line; parts are formed (one pass) only when somebody asks. */
export function extrapolatedGradient(block: Block, extrapolation: Extrapolation): Gradient {
  const { x, from, by } = extrapolation;
  const make = () => x.map((t, i) => weightedSum(t, from[i] as Tensor, 1 + by, -by));
  return partsOnDemand(block, extrapolation, make, { extrapolation });
}

/** gain · scale · g, [n, out]. */
const scaledRows = ({ g, scale: factor }: GradientFactors, gain = 1): Tensor =>
  factor * gain === 1 ? g : scale(g, factor * gain);

function multiply({ shapes }: Block, factors: GradientFactors): Tensor[] {
  const left = transpose(scaledRows(factors)); // [out, n]
  const columns = factors.hasBias ? [factors.a, lastOf(factors)] : [factors.a];
  return columns.map((right, i) => reshape(matmul(left, right), shapes[i] as Shape));
}

/**
 * Move tensors that decay on by a gradient in factors: v ← decay · v + gain · ∇, by products that add to v; ∇ is never formed.
 *
 * @param from  one v for each parameter of the block, in its shape; only read
 * @returns     the new ones
 * @cost 2 n in out flops, one pass over v
 */
export function addFactors(
  from: readonly Tensor[],
  factors: GradientFactors,
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

/** The bias coordinates, [n, 1]. */
export const lastOf = ({ g, last }: GradientFactors): Tensor => last ?? ones([g.shape[0] as number, 1], g);

/** [W | b] from parts; a single parameter is its own joint form. */
export function joinParts(block: Block, parts: readonly Tensor[]): Tensor {
  const [weight, bias] = parts as [Tensor, Tensor | undefined];
  if (!block.isLayer) return weight;
  if (block.isVector === true) return concat(parts.map((part) => reshape(part, [-1, 1])));
  const rows = block.shape[0] as number;
  const matrix = reshape(weight, [rows, -1]);
  return bias === undefined ? matrix : concat([matrix, reshape(bias, [rows, 1])], 1);
}

/** Parts from [W | b]. */
export function splitJoint(block: Block, joint: Tensor): Tensor[] {
  if (!block.isLayer) return [joint];
  if (block.isVector === true) {
    let from = 0;
    return block.shapes.map((shape) => {
      const start = from;
      from += sizeOf(shape);
      return reshape(slice(joint, [[start, from]]), shape);
    });
  }
  const [rows, columns] = block.shape as [number, number];
  if (!block.hasBias) return [reshape(joint, block.shapes[0] as Shape)];
  const weight = slice(joint, [null, [0, columns - 1]]);
  const bias = slice(joint, [null, [columns - 1, columns]]);
  return [reshape(weight, block.shapes[0] as Shape), reshape(bias, [rows])];
}

/**
 * Take the squared Frobenius norm of a gradient.
 *
 * On factors, where it has them, ‖s gᵀa‖² = s² Σ (g gᵀ ∘ a aᵀ).
 *
 * @returns []
 * @cost on factors 2 n² (in + out) flops, which is less than forming the product while n < in·out / (in + out)
 */
export function squaredNorm(gradient: Gradient): Tensor {
  return innerProduct(gradient, gradient);
}

/**
 * Take the inner product ⟨P, Q⟩ of two gradients of one block.
 *
 * On factors, where both have them, ⟨s gᵀa, s′ g′ᵀa′⟩ = s s′ Σ (g g′ᵀ ∘ a a′ᵀ).
 *
 * @returns []
 * @cost as squaredNorm
 */
export function innerProduct(p: Gradient, q: Gradient): Tensor {
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
function inputProducts(p: GradientFactors, q: GradientFactors): Tensor {
  const features = linear(p.a, q.a, null);
  return p.hasBias ? addProduct(features, lastOf(p), transpose(lastOf(q)), 1) : features;
}
