/** LeNet. */

import { leNet } from "@kronograd/layers";
import { defineModel } from "../catalogs/model.ts";

/** `lenet` of the catalog. */
export const lenet = defineModel({
  name: "lenet",
  summary: "two 5 × 5 convolutions and two dense layers",
  form: "lenet",
  images: true,
  options: {},
  make: ({ inputShape: [channels = 1, size = 28], outputs, ...placement }) =>
    leNet({ in: channels, size, classes: outputs, ...placement }),
});
