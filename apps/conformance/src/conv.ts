/** `conv.json`: convolutions with their gradients, and patches. */

import { conv2d, im2col, zeros } from "@kronograd/tensor";
import { namedInputs, withGradients } from "./gradients.ts";
import type { Handler } from "./handler.ts";

export const convHandlers: Readonly<Record<string, Handler>> = {
  conv2d(run) {
    const inputs = namedInputs(run);
    const { x, w, b = null } = inputs as { x: typeof inputs.x; w: typeof inputs.w; b?: typeof inputs.b };
    const options = {
      stride: run.pair("stride"),
      padding: run.pair("padding"),
      dilation: run.pair("dilation"),
      groups: run.number("groups"),
    };
    return withGradients(run, inputs, () => conv2d(x!, w!, b ?? null, options));
  },
  im2col(run) {
    const x = run.input("x");
    const kernel = run.pair("kernel");
    const window = { stride: run.pair("stride"), padding: run.pair("padding"), dilation: run.pair("dilation") };
    return {
      cols: im2col(x, { kernel, ...window }),
      out_hw: () =>
        conv2d(x, zeros([1, x.shape[1]!, ...kernel], run.placement), null, { ...window, groups: 1 }).shape.slice(2),
    };
  },
};
