/** Two or more spiral arms in the plane. */

import { spiral as makeSpiral } from "@kronograd/data";
import { option } from "@kronograd/optimizers";
import { defineDataSet } from "../catalogs/data-set.ts";
import { rows } from "../catalogs/rows.ts";

/** `spiral` of the catalog. */
export const spiral = defineDataSet({
  name: "spiral",
  summary: "two spiral arms in the plane",
  target: 0.95,
  options: {
    arms: option.integer({ default: 2, min: 2, help: "arms, each a class" }),
    turns: option.number({ default: 1, min: 0, help: "turns of each arm" }),
    noise: option.number({ default: 0.02, min: 0, help: "deviation of what is added to both coordinates" }),
    ...rows,
  },
  make: (options, { rng }) => makeSpiral({ rng, ...options }),
});
