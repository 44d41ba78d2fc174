/** Cross-entropy of independent yes-or-no outputs. */

import { binaryCrossEntropyWithLogits as makeLoss } from "@kronograd/layers";
import { defineLoss } from "../catalogs/loss.ts";
import { reduction } from "../catalogs/reduction.ts";

/** `binaryCrossEntropyWithLogits` of the catalog. */
export const binaryCrossEntropyWithLogits = defineLoss({
  name: "binaryCrossEntropyWithLogits",
  summary: "for outputs that are each yes or no: targets in [0, 1]",
  task: "regression",
  options: { reduction },
  make: (options) => makeLoss(options),
});
