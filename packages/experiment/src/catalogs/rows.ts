/** Options that every made-up data set has. */

import { option } from "@kronograd/optimizers";

/** How many rows it has. */
export const rows = {
  train: option.integer({ default: 1000, min: 1, help: "training rows" }),
  test: option.integer({ default: 1000, min: 1, help: "test rows" }),
};
