/** Dense layers with an activation between them. */

import { elu, gelu, leakyRelu, mlp as makeMlp, relu, sigmoid, silu, softplus, tanh } from "@kronograd/layers";
import { option } from "@kronograd/optimizers";
import { defineModel } from "../catalogs/model.ts";

const activations = { relu, tanh, silu, gelu, sigmoid, elu, leakyRelu, softplus } as const;

/** `mlp` of the catalog. */
export const mlp = defineModel({
  name: "mlp",
  summary: "dense layers with ReLU between them; images are flattened",
  form: "mlp:128,64",
  images: false,
  options: {
    activation: option.choice({
      choices: Object.keys(activations) as (keyof typeof activations)[],
      default: "relu",
      help: "between two dense layers",
    }),
  },
  make({ inputShape, outputs, ...placement }, { widths, activation }) {
    const inputs = inputShape.reduce((a, b) => a * b, 1);
    return makeMlp([inputs, ...widths, outputs], { ...placement, activation: () => activations[activation]() });
  },
});
