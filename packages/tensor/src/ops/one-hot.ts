/** Labels as unit vectors. */

import { rowMajor } from "../layout/rows.ts";
import { run } from "../op/dispatch.ts";
import { assertIndices, checkIndex } from "../op/indices.ts";
import { defineOp } from "../op/op.ts";
import { sampled } from "../op/samples.ts";
import { type Placement, placed } from "../tensor/defaults.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { checkShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

const oneHotOp = /* @__PURE__ */ defineOp<{ readonly classes: number; readonly dtype: Dtype }, ["labels"]>({
  name: "oneHot",
  noVjp: "labels are whole numbers",
  shape: ([labels], { classes, dtype }) => [{ shape: [...labels.shape, classes], dtype }],
  reference([out], [labels], { classes }) {
    const chosen = rowMajor(labels);
    out.data.fill(0, out.offset, out.offset + chosen.length * classes);
    for (let i = 0; i < chosen.length; i++) {
      checkIndex("oneHot", chosen[i]!, i, classes);
      out.data[out.offset + i * classes + chosen[i]!] = 1;
    }
  },
});

/* @__PURE__ */ sampled(oneHotOp, (rng) => {
  const classes = 1 + rng.integer(4);
  const shape = Array.from({ length: rng.integer(3) }, () => 1 + rng.integer(3));
  return { inputs: [{ shape, dtype: "int32", range: [0, classes] }], params: { classes, dtype: "float32" } };
});

/**
 * Turn labels into rows that are 1 at the label and 0 elsewhere.
 *
 * @param labels  [...any], int32
 * @returns       [...any, classes], of the ambient dtype unless another is given
 * @throws {UsageError} a label is not in 0 … classes−1
 * @example
 * oneHot(tensor(Int32Array.of(2, 0)), 3);   // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(labels: Tensor, classes: number, { dtype }: Pick<Placement, "dtype"> = {}): Tensor {
  checkShape("oneHot", [classes]);
  assertIndices("oneHot", labels);
  return run(oneHotOp, [labels], { classes, dtype: dtype ?? placed({}).dtype });
}
