/**
 * The gradient of one block: dense, as factors, or both, computed when it is asked for.
 *
 * A *block* is a layer's weight with its bias as last column, [out, in(+1)], or a single parameter of any shape. For a
 * layer without weight sharing ∇W = scale · gᵀa, and a method that works on the factors g and a never forms the product.
 */

import {
  concat,
  heldTensors,
  matmul,
  ones,
  reshape,
  type Shape,
  scale,
  sizeOf,
  slice,
  type Tensor,
  transpose,
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

/** ∇W̄ = scale · gᵀ a: one row per example. */
export interface GradientFactors {
  /** [n, out] output gradients of the per-example losses */
  readonly g: Tensor;
  /** [n, in] inputs */
  readonly a: Tensor;
  /** 1 / lossScale */
  readonly scale: number;
  /** Whether each row of a goes on with a 1, the bias coordinate, which is not stored. */
  readonly hasBias: boolean;
}

/** The gradient of a block. Forms computed on request die with the scope of the request. */
export interface Gradient {
  readonly block: Block;
  /** [out, in(+1)] for a layer block, the parameter's shape else. Memoised. */
  dense(): Tensor;
  /** One tensor for each parameter, in its shape. Memoised. */
  parts(): readonly Tensor[];
  /** The factors, if the gradient is still stored as a product. */
  readonly factors?: GradientFactors;
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

/**
 * A gradient whose parts are made when asked for.
 *
 * @param held  what they are made of, which must live as long
 */
export function gradientOnDemand(block: Block, held: unknown, make: () => readonly Tensor[]): Gradient {
  const parts = lazy(make, areLive);
  const joint = lazy(() => joinParts(block, parts.get()), isLive);
  return {
    block,
    dense: joint.get,
    parts: parts.get,
    [heldTensors]: () => [held, parts.held(), joint.held()],
  };
}

/** A gradient given in joint form, [out, in(+1)] or the parameter's shape. */
export function denseGradient(block: Block, joint: Tensor): Gradient {
  return { ...gradientOnDemand(block, joint, () => splitJoint(block, joint)), dense: () => joint };
}

/** A gradient given by its parts, one tensor for each parameter. */
export function partsGradient(block: Block, parts: readonly Tensor[]): Gradient {
  const joint = lazy(() => joinParts(block, parts), isLive);
  return { block, dense: joint.get, parts: () => parts, [heldTensors]: () => [parts, joint.held()] };
}

/** A gradient given by its factors; parts are formed (one GEMM) only when somebody asks. */
export function factoredGradient(block: Block, factors: GradientFactors): Gradient {
  return { ...gradientOnDemand(block, factors, () => productParts(block, factors)), factors };
}

/**
 * The parts of scale · gᵀ [a, last], each in the shape of its parameter.
 *
 * @param last  [n, 1] the bias coordinates; default: ones
 */
export function productParts(
  { shapes }: Block,
  { g, a, scale: factor, hasBias }: GradientFactors,
  last?: Tensor,
): Tensor[] {
  const left = transpose(factor === 1 ? g : scale(g, factor)); // [out, n]
  const columns = hasBias ? [a, last ?? ones([g.shape[0] as number, 1], g)] : [a];
  return columns.map((right, i) => reshape(matmul(left, right), shapes[i] as Shape));
}

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
