/** Cross-entropy of one class among several. */

import { softmaxCrossEntropy as makeLoss } from "@kronograd/layers";
import { option } from "@kronograd/optimizers";
import { defineLoss } from "../catalogs/loss.ts";
import { reduction } from "../catalogs/reduction.ts";

/** `softmaxCrossEntropy` of the catalog. */
export const softmaxCrossEntropy = defineLoss({
  name: "softmaxCrossEntropy",
  summary: "minus the logarithm of the probability of the right class",
  task: "classification",
  options: {
    labelSmoothing: option.number({ default: 0, min: 0, below: 1, help: "share of the label spread over all classes" }),
    ignoreIndex: option.optional(
      option.integer({
        default: -100,
        help: "label of positions that have none and do not count; null: there is none",
      }),
      null,
    ),
    reduction,
  },
  make: ({ ignoreIndex, ...options }) => makeLoss({ ...options, ...(ignoreIndex === null ? {} : { ignoreIndex }) }),
});
