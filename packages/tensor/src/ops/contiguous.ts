/** A row-major copy of a strided view. */

import { elementwiseCopy } from "../layout/strided-copy.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { isContiguous } from "../tensor/shape.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";

/** The op behind `copy`. */
export const copyOp = /* @__PURE__ */ defineOp<Record<string, never>, ["x"]>({
  name: "copy",
  shape: ([x]) => [x],
  reference: ([out], [x]) => elementwiseCopy(out, x),
  vjp: { pull: ([cotangent]) => [cotangent] },
});

/* @__PURE__ */ sampled(copyOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(4), 1 + rng.integer(4)] }],
  params: {},
}));

/** A copy in row-major order, in a buffer of its own. */
export function copy(x: Tensor): Tensor {
  return run(copyOp, [x], {});
}

/** The same values row-major without gaps: without a copy if they lie so already. */
export function contiguous(x: Tensor): Tensor {
  return isContiguous(x) ? alias(x) : copy(x);
}
