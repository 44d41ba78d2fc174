/** Squared error. */

import { meanSquaredError as makeLoss } from "@kronograd/layers";
import { option } from "@kronograd/optimizers";
import { defineLoss } from "../catalogs/loss.ts";
import { reduction } from "../catalogs/reduction.ts";

/** `meanSquaredError` of the catalog. */
export const meanSquaredError = defineLoss({
  name: "meanSquaredError",
  summary: "squared distance from the target",
  task: "regression",
  options: {
    per: option.choice({ choices: ["element", "example"], default: "element", help: "what the mean is taken over" }),
    factor: option.number({ default: 1, above: 0, help: "what the square is multiplied by" }),
    reduction,
  },
  make: (options) => makeLoss(options),
});
