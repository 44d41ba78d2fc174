/** Four squares, two classes. */

import { xor as makeXor } from "@kronograd/data";
import { option } from "@kronograd/optimizers";
import { defineDataSet } from "../catalogs/data-set.ts";
import { rows } from "../catalogs/rows.ts";

/** `xor` of the catalog. */
export const xor = defineDataSet({
  name: "xor",
  summary: "four squares, two classes",
  target: 0.95,
  options: {
    noise: option.number({ default: 0, min: 0, help: "deviation of what is added to both coordinates" }),
    ...rows,
  },
  make: (options, { rng }) => makeXor({ rng, ...options }),
});
