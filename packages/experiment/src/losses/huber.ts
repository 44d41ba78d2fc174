/** The Huber loss. */

import { huber as makeLoss } from "@kronograd/layers";
import { option } from "@kronograd/optimizers";
import { defineLoss } from "../catalogs/loss.ts";
import { reduction } from "../catalogs/reduction.ts";

/** `huber` of the catalog. */
export const huber = defineLoss({
  name: "huber",
  summary: "squared near the target, linear far from it: outliers pull with bounded force",
  task: "regression",
  options: {
    delta: option.number({ default: 1, above: 0, help: "distance at which the square ends and the line begins" }),
    reduction,
  },
  make: (options) => makeLoss(options),
});
