/**
 * Largest and smallest elements over axes, and where they are. The first of equal elements counts, for the index and for
 * the gradient; the first NaN wins over every number.
 */

import { ShapeError } from "../errors.ts";
import { forEachRow, withOnes, without } from "../layout/rows.ts";
import { dispatch } from "../op/dispatch.ts";
import { type ComputeOp, defineOp, type Vjp } from "../op/op.ts";
import { type Sample, sampled } from "../op/samples.ts";
import type { Rng } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import { normalizeAxes, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scatter } from "./pick-scatter.ts";
import { reshape } from "./reshape.ts";
import type { ReductionOptions } from "./sum-broadcast.ts";

interface Axes {
  readonly axes: readonly number[];
}

/** Two outputs: the values, and their places (int32) in rows spanned by the axes. */
type Extremum = ComputeOp<Axes, ["x"], ["values", "indices"]>;

type More =
  | { readonly vjp: Vjp<Axes, ["x"], ["values", "indices"]> }
  | { readonly noVjp: string; readonly family: string };

function extremum(name: string, sign: 1 | -1, more: More): Extremum {
  return defineOp<Axes, ["x"], ["values", "indices"]>({
    name,
    ...more,
    shape([x], { axes }) {
      const { shape, dtype } = x;
      if (sizeOf(axes.map((axis) => shape[axis] as number)) === 0) {
        throw new ShapeError({ where: name, problem: "there is no element to choose from", got: shape });
      }
      const rows = without(shape, axes);
      return [
        { shape: rows, dtype },
        { shape: rows, dtype: "int32" },
      ];
    },
    reference([values, indices], [x], { axes }) {
      const { data } = x;
      forEachRow(x, axes, (row, positions) => {
        let first = 0;
        let best = data[positions[0]!]!;
        for (let i = 1; i < positions.length && !Number.isNaN(best); i++) {
          const value = data[positions[i]!]!;
          if (sign * value > sign * best || Number.isNaN(value)) {
            best = value;
            first = i;
          }
        }
        values.data[values.offset + row] = best;
        indices.data[indices.offset + row] = first;
      });
    },
  });
}

const vjp: Vjp<Axes, ["x"], ["values", "indices"]> = {
  saveOutputs: () => [1],
  pull: ([cotangent], saved, { axes }) => [scatter(cotangent!, saved.output(1), saved.specs[0].shape, axes)],
};
const noVjp = "places are whole numbers";

const maxOp = /* @__PURE__ */ extremum("max", 1, { vjp });
const minOp = /* @__PURE__ */ extremum("min", -1, { vjp });
// ops of their own, so that a program which asks for places alone carries no derivative; kernels are those of max and min
const argMaxOp = /* @__PURE__ */ extremum("argMax", 1, { family: "max", noVjp });
const argMinOp = /* @__PURE__ */ extremum("argMin", -1, { family: "min", noVjp });

/* @__PURE__ */ sampled(maxOp, randomRows);
/* @__PURE__ */ sampled(minOp, randomRows);
/* @__PURE__ */ sampled(argMaxOp, randomRows);
/* @__PURE__ */ sampled(argMinOp, randomRows);

function randomRows(rng: Rng): Sample<Axes> {
  const shape = Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(3));
  const axes = shape.map((_, axis) => axis).filter(() => rng.integer(2) === 1);
  return { inputs: [{ shape, distinct: true }], params: { axes } };
}

function values(
  op: Extremum,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  options: ReductionOptions,
): Tensor {
  const list = normalizeAxes(op.name, axes, x.rank);
  return scope(() => {
    const result = dispatch(op, [x], { axes: list })[0];
    return options.keepdims === true ? reshape(result, withOnes(x.shape, list)) : result;
  });
}

function places(op: Extremum, x: Tensor, axes: number | readonly number[] | undefined): Tensor {
  return scope(() => dispatch(op, [x], { axes: normalizeAxes(op.name, axes, x.rank) })[1]);
}

type AxesLike = number | readonly number[];

/**
 * The largest element over axes (default: all). At a tie the gradient goes to the first.
 *
 * @throws {ShapeError} there is no element
 */
export const max = (x: Tensor, axes?: AxesLike, options: ReductionOptions = {}): Tensor =>
  values(maxOp, x, axes, options);

/**
 * The smallest element over axes (default: all). At a tie the gradient goes to the first.
 *
 * @throws {ShapeError} there is no element
 */
export const min = (x: Tensor, axes?: AxesLike, options: ReductionOptions = {}): Tensor =>
  values(minOp, x, axes, options);

/**
 * Where the largest element is (int32), the first at a tie.
 *
 * @param axes  default: the last; with several, the place counts row-major over them
 * @throws {ShapeError} there is no element
 * @example
 * argMax(tensor([[1, 3, 2], [5, 4, 5]]));   // [1, 0]
 */
export const argMax = (x: Tensor, axes: AxesLike = -1): Tensor => places(argMaxOp, x, axes);

/**
 * Where the smallest element is (int32), the first at a tie.
 *
 * @param axes  default: the last
 * @throws {ShapeError} there is no element
 */
export const argMin = (x: Tensor, axes: AxesLike = -1): Tensor => places(argMinOp, x, axes);
