/** CIFAR-10: small photographs. */

import { cifar10From } from "@kronograd/data";
import { defineDataSet } from "../catalogs/data-set.ts";

/** `cifar10` of the catalog. */
export const cifar10 = defineDataSet({
  name: "cifar10",
  summary: "small photographs, 50 000 / 10 000 images of 3 × 32 × 32, 10 classes",
  target: 0.5,
  options: {},
  files: { folder: "data/cifar-10-batches-bin", help: "name the folder of its binary files with --data-dir" },
  make: (_, { files }) => cifar10From(files),
});
