/** A circle within a circle. */

import { circles } from "@kronograd/data";
import { option } from "@kronograd/optimizers";
import { defineDataSet } from "../catalogs/data-set.ts";
import { rows } from "../catalogs/rows.ts";

/** `circle` of the catalog. */
export const circle = defineDataSet({
  name: "circle",
  summary: "a circle within a circle",
  target: 0.95,
  options: {
    inner: option.number({ default: 0.5, above: 0, below: 1, help: "radius of the inner circle" }),
    noise: option.number({ default: 0.05, min: 0, help: "deviation of what is added to both coordinates" }),
    ...rows,
  },
  make: (options, { rng }) => circles({ rng, ...options }),
});
