/** Two interleaved half circles. */

import { moons as makeMoons } from "@kronograd/data";
import { option } from "@kronograd/optimizers";
import { defineDataSet } from "../catalogs/data-set.ts";
import { rows } from "../catalogs/rows.ts";

/** `moons` of the catalog. */
export const moons = defineDataSet({
  name: "moons",
  summary: "two interleaved half circles",
  target: 0.95,
  options: {
    noise: option.number({ default: 0.1, min: 0, help: "deviation of what is added to both coordinates" }),
    ...rows,
  },
  make: (options, { rng }) => makeMoons({ rng, ...options }),
});
