/**
 * Maximum pooling. The op keeps where each maximum was found; its gradient scatters to those places, and the gradient of
 * that gathers from them, so derivatives of any order exist (ties and padding have none: the first maximum takes all).
 *
 *     x [N, C, H, W]   values, indices [N, C, oh, ow]   an index is row·W + column within the plane [H, W]
 */

import { offsetsOf } from "../layout/offsets.ts";
import type { HostOperand } from "../layout/operand.ts";
import { fourAxes, lastTwo, type Pair } from "../layout/window.ts";
import { dispatch, run } from "../op/dispatch.ts";
import { checkIndex } from "../op/indices.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { assertShape, dims, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  checkPadding,
  forEachWindow,
  type Pool2dOptions,
  type Pool2dParams,
  pooledShape,
  poolParams,
  randomPooling,
} from "./parts/pooling.ts";

export type { Pool2dOptions, Pool2dParams } from "./parts/pooling.ts";

/** The op behind `maxPool2d`; outputs are [values, indices]. */
export const maxPool2dOp = /* @__PURE__ */ defineOp<Pool2dParams, ["x"], ["values", "indices"]>({
  name: "maxPool2d",

  shape([x], params) {
    checkPadding("maxPool2d", params);
    const shape = pooledShape("maxPool2d", x.shape, params);
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: "int32" },
    ];
  },

  reference([values, indices], [x], params) {
    const [, , h, w] = dims(x.shape, 4);
    const [, , xy, xx] = dims(x.strides, 4);
    const planes = offsetsOf(x.shape.slice(0, 2), x.strides);
    forEachWindow(dims(values.shape, 4), [h, w], params, (plane, to, top, bottom, left, right) => {
      const start = x.offset + planes[plane]!;
      let best = x.data[start + top * xy + left * xx]!;
      let where = top * w + left;
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const value = x.data[start + row * xy + column * xx]!;
          // NaN wins and stays, because everything after it compares as false
          if (value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
            best = value;
            where = row * w + column;
          }
        }
      }
      values.data[values.offset + to] = best;
      indices.data[indices.offset + to] = where;
    });
  },

  vjp: {
    saveOutputs: (_, needs) => (needs[0] ? [1] : []),
    pull: ([cotangent], saved, window) => [
      cotangent ? maxPoolGrad(cotangent, saved.output(1), lastTwo(saved.specs[0].shape), window) : null,
    ],
  },
});

/* @__PURE__ */ sampled(maxPool2dOp, (rng) => {
  const { x, params } = randomPooling(rng);
  return { inputs: [{ shape: x, distinct: true }], params };
});

/** The op behind `maxPoolGrad`; inputs are [outputGrad, indices]. */
export const maxPoolGradOp = /* @__PURE__ */ defineOp<
  {
    readonly size: Pair;
    readonly window?: Pool2dParams | undefined;
  },
  ["outputGrad", "indices"]
>({
  name: "maxPoolGrad",

  shape([grad, indices], { size }) {
    const [n, channels] = fourAxes("maxPoolGrad", "outputGrad", grad.shape);
    assertShape("maxPoolGrad", "outputGrad and indices differ in shape", indices.shape, grad.shape);
    return [{ shape: [n, channels, ...size], dtype: grad.dtype }];
  },

  reference([x], [grad, indices], { size }) {
    const plane = size[0] * size[1];
    x.data.fill(0, x.offset, x.offset + sizeOf(x.shape));
    const positions = offsetsOf(grad.shape, grad.strides);
    forEachIndex("maxPoolGrad", indices, plane, (i, at) => {
      x.data[x.offset + at]! += grad.data[grad.offset + positions[i]!]!;
    });
  },

  vjp: {
    saveInputs: (_, needs) => (needs[0] ? [1] : []),
    pull: ([cotangent], saved) => [() => maxPoolGather(cotangent, saved.input(1)), null],
  },
});

/* @__PURE__ */ sampled(maxPoolGradOp, (rng) => {
  const { x, params } = randomPooling(rng);
  const shape = pooledShape("maxPoolGrad", x, params);
  const size = lastTwo(x);
  return { inputs: [{ shape }, { shape, dtype: "int32", range: [0, size[0] * size[1]] }], params: { size } };
});

/** The op behind `maxPoolGather`; inputs are [x, indices]. */
export const maxPoolGatherOp = /* @__PURE__ */ defineOp<Record<string, never>, ["x", "indices"]>({
  name: "maxPoolGather",

  shape([x, indices]) {
    const [expected, got] = [x, indices].map(({ shape }) =>
      fourAxes("maxPoolGather", "x and indices", shape).slice(0, 2),
    );
    assertShape("maxPoolGather", "x and indices differ in images or channels", expected!, got!);
    return [{ shape: indices.shape, dtype: x.dtype }];
  },

  reference([values], [x, indices]) {
    const positions = offsetsOf(x.shape, x.strides);
    forEachIndex("maxPoolGather", indices, sizeOf(x.shape.slice(2)), (i, at) => {
      values.data[values.offset + i] = x.data[x.offset + positions[at]!]!;
    });
  },

  vjp: {
    saveInputs: (_, needs) => (needs[0] ? [1] : []),
    pull: ([cotangent], saved) => [() => maxPoolGrad(cotangent, saved.input(1), lastTwo(saved.specs[0].shape)), null],
  },
});

/* @__PURE__ */ sampled(maxPoolGatherOp, (rng) => {
  const { x, params } = randomPooling(rng);
  const indices = {
    shape: pooledShape("maxPoolGather", x, params),
    dtype: "int32",
    range: [0, x[2] * x[3]],
  } as const;
  return { inputs: [{ shape: x }, indices], params: {} };
});

/** Visit every index, row-major: its place i among the indices, and its place among all pixels [N, C, H, W]. */
function forEachIndex(
  where: string,
  indices: HostOperand,
  plane: number,
  visit: (i: number, at: number) => void,
): void {
  const perPlane = sizeOf(indices.shape.slice(2));
  const positions = offsetsOf(indices.shape, indices.strides);
  for (let i = 0; i < positions.length; i++) {
    const index = indices.data[indices.offset + positions[i]!]!;
    checkIndex(where, index, i, plane);
    visit(i, Math.floor(i / perPlane) * plane + index);
  }
}

/**
 * Take the maximum of each window; padding counts as −∞, NaN wins, and of equal values the first.
 *
 * The op's second output, the int32 indices, is kept for the gradient and not returned: `dispatch(maxPool2dOp, …)` gives both.
 *
 * @param x  [N, C, H, W]
 * @returns  [N, C, oh, ow] with oh = ⌊(H + 2·padding − kh)/stride⌋ + 1
 * @throws {ShapeError}  x has not four axes, or the kernel is larger than the padded image
 * @throws {UsageError}  an option is no whole number, or padding is not smaller than the kernel
 * @example
 * maxPool2d(tensor([[[[1, 2], [3, 4]]]]), { kernel: 2 });   // [[[[4]]]]
 */
export function maxPool2d(x: Tensor, options: Pool2dOptions): Tensor {
  const [values, indices] = dispatch(maxPool2dOp, [x], poolParams("maxPool2d", options));
  indices.dispose();
  return values;
}

/**
 * Add each value to the pixel [H, W] that its index names: the transpose of `maxPoolGather`.
 *
 * @param outputGrad  [N, C, oh, ow]
 * @param indices     [N, C, oh, ow] int32
 * @param window      that each index lies in, if it is known: a backend then looks for a pixel in no others
 * @returns           [N, C, H, W]
 */
export function maxPoolGrad(outputGrad: Tensor, indices: Tensor, size: Pair, window?: Pool2dParams): Tensor {
  return run(maxPoolGradOp, [outputGrad, indices], { size, window });
}

/**
 * Read the pixel that each index names.
 *
 * @param x        [N, C, H, W]
 * @param indices  [N, C, oh, ow] int32
 * @returns        [N, C, oh, ow]
 */
export function maxPoolGather(x: Tensor, indices: Tensor): Tensor {
  return run(maxPoolGatherOp, [x, indices], {});
}
