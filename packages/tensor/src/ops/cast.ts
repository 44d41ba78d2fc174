/** Another element type for the same values. */

import { elementwiseCopy } from "../layout/strided-copy.ts";
import { run } from "../op/dispatch.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { alias, type Tensor } from "../tensor/tensor.ts";

const castOp = /* @__PURE__ */ defineOp<{ readonly dtype: Dtype }, ["x"]>({
  name: "cast",
  shape: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  reference: ([out], [x]) => elementwiseCopy(out, x),
  vjp: { pull: ([cotangent], { specs }) => [cast(cotangent, specs[0].dtype)] },
});

/* @__PURE__ */ sampled(castOp, (rng) => ({
  inputs: [{ shape: [1 + rng.integer(4), 1 + rng.integer(4)] }],
  params: { dtype: "float64" },
}));

/**
 * Convert to another dtype. Floats become int32 by dropping the fraction; what does not fit wraps around modulo 2³², and
 * NaN becomes 0. The gradient is converted back; none flows through int32.
 */
export function cast(x: Tensor, dtype: Dtype): Tensor {
  return x.dtype === dtype ? alias(x) : run(castOp, [x], { dtype });
}
