/** The derivative of max pooling's gradient, which scatters: to gather. */

import { ShapeError } from "../errors.ts";
import { offsetsOf } from "../layout/offsets.ts";
import { fourAxes, lastTwo } from "../layout/window.ts";
import { run } from "../op/dispatch.ts";
import { addVjp, defineOp, type Spec } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { forEachIndex, maxPoolGrad, maxPoolGradOp } from "../ops/max-pool2d.ts";
import { pooledShape, randomPooling } from "../ops/parts/pooling.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The op behind `maxPoolGather`; inputs are [x, indices]. */
export const maxPoolGatherOp = /* @__PURE__ */ defineOp<Record<string, never>>({
  name: "maxPoolGather",

  shape([x, indices]) {
    const [n, channels] = fourAxes("maxPoolGather", "x", x!.shape);
    const [indexImages, indexChannels] = fourAxes("maxPoolGather", "indices", indices!.shape);
    if (n !== indexImages || channels !== indexChannels) {
      throw new ShapeError({
        where: "maxPoolGather",
        problem: "x and indices differ in images or channels",
        expected: x!.shape,
        got: indices!.shape,
      });
    }
    return [{ shape: indices!.shape, dtype: x!.dtype }];
  },

  reference([values], [x, indices]) {
    const positions = offsetsOf(x!.shape, x!.strides);
    forEachIndex("maxPoolGather", indices!, sizeOf(x!.shape.slice(2)), (i, at) => {
      values!.data[values!.offset + i] = x!.data[x!.offset + positions[at]!]!;
    });
  },

  vjp: {
    saveInputs: (_, needs) => (needs[0] ? [1] : []),
    pull: ([cotangent], saved) => [
      saved.needs[0] ? maxPoolGrad(cotangent!, saved.input(1), lastTwo((saved.specs[0] as Spec).shape)) : null,
      null,
    ],
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

export function maxPoolHigherOrder(): void {
  addVjp(maxPoolGradOp, {
    saveInputs: (_, needs) => (needs[0] ? [1] : []),
    pull: ([cotangent], saved) => [saved.needs[0] ? maxPoolGather(cotangent!, saved.input(1)) : null, null],
  });
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
