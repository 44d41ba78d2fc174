/** The derivative of cross-entropy's gradient: w (diag p − p pᵀ) · cotangent in the logits. */

import { run } from "../op/dispatch.ts";
import { addVjp } from "../op/op.ts";
import { mul, scale, sub } from "../ops/arithmetic.ts";
import { dot } from "../ops/dot.ts";
import { softmax } from "../ops/softmax.ts";
import { softmaxCrossEntropyGradOp, weightOf } from "../ops/softmax-cross-entropy.ts";
import { sum } from "../ops/sum-broadcast.ts";
import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

export function crossEntropyHigherOrder(): void {
  addVjp(softmaxCrossEntropyGradOp, {
    saveInputs: (_, needs) => (needs[0] === true ? [0, 1, 2] : [0, 1]),
    pull([cotangent], saved, params) {
      const [logits, labels] = [saved.input(0), saved.input(1)];
      const v = cotangent as Tensor;
      const hessian = (seed: Tensor) => {
        const p = softmax(logits);
        const pv = mul(p, v);
        const product = sub(pv, mul(p, sum(pv, -1, { keepAxes: true }))); // (diag p − p pᵀ) v
        return mul(scale(product, weightOf(logits.shape, params)), seed);
      };
      const one = () => full([], 1, v);
      return [
        saved.needs[0] === true ? hessian(saved.input(2)) : null,
        null,
        saved.needs[2] === true ? dot(v, run(softmaxCrossEntropyGradOp, [logits, labels, one()], params)) : null,
      ];
    },
  });
}
