/** Fashion-MNIST: articles of clothing. */

import { fashionMnistFrom } from "@kronograd/data";
import { defineDataSet } from "../catalogs/data-set.ts";

/** `fashion-mnist` of the catalog. */
export const fashionMnist = defineDataSet({
  name: "fashion-mnist",
  summary: "articles of clothing, 60 000 / 10 000 images of 28 × 28, 10 classes",
  target: 0.85,
  options: {},
  files: {
    folder: "/usr/share/datasets/fashion-mnist",
    help: "install Debian's dataset-fashion-mnist or name --data-dir",
  },
  make: (_, { files }) => fashionMnistFrom(files),
});
