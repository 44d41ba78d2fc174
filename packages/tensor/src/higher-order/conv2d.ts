/** The derivatives of a convolution's two gradients: the same trilinear form, read in the other directions. */

import { lastTwo } from "../layout/window.ts";
import { run } from "../op/dispatch.ts";
import { addVjp, savesTheOther } from "../op/op.ts";
import { conv2dInputGrad, conv2dInputGradOp, conv2dOp, conv2dWeightGrad, conv2dWeightGradOp } from "../ops/conv2d.ts";

export function conv2dHigherOrder(): void {
  addVjp(conv2dInputGradOp, {
    saveInputs: savesTheOther,
    pull([cotangent], saved, { size: _, ...params }) {
      return [
        saved.needs[0] ? run(conv2dOp, [cotangent!, saved.input(1)], params) : null,
        saved.needs[1]
          ? conv2dWeightGrad(cotangent!, saved.input(0), { ...params, kernel: lastTwo(saved.specs[1]!.shape) })
          : null,
      ];
    },
  });
  addVjp(conv2dWeightGradOp, {
    saveInputs: savesTheOther,
    pull([cotangent], saved, { kernel: _, ...params }) {
      return [
        saved.needs[0]
          ? conv2dInputGrad(saved.input(1), cotangent!, { ...params, size: lastTwo(saved.specs[0]!.shape) })
          : null,
        saved.needs[1] ? run(conv2dOp, [saved.input(0), cotangent!], params) : null,
      ];
    },
  });
}
