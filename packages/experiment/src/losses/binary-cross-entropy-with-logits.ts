/** Cross-entropy of independent yes-or-no outputs. */

import { binaryCrossEntropyWithLogits as makeLoss } from "@kronograd/layers";
import { option } from "@kronograd/optimizers";
import { defineLoss } from "../catalogs/loss.ts";
import { reduction } from "../catalogs/reduction.ts";

/** `binaryCrossEntropyWithLogits` of the catalog. */
export const binaryCrossEntropyWithLogits = defineLoss({
  name: "binaryCrossEntropyWithLogits",
  summary: "for outputs that are each yes or no: targets in [0, 1]",
  task: "regression",
  options: {
    positiveWeights: option.optional(
      option.number({ default: 1, above: 0, help: "weight of what is yes against what is no; null: the same" }),
      null,
    ),
    reduction,
  },
  make: ({ positiveWeights, ...options }) =>
    makeLoss({ ...options, ...(positiveWeights === null ? {} : { positiveWeights }) }),
});
