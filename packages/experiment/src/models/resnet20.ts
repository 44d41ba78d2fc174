/** ResNet-20. */

import { resNet20 } from "@kronograd/layers";
import { defineModel } from "../catalogs/model.ts";

/** `resnet20` of the catalog. */
export const resnet20 = defineModel({
  name: "resnet20",
  summary: "ResNet-20 with batch norm",
  form: "resnet20",
  images: true,
  options: {},
  make: ({ inputShape: [channels = 3], outputs, ...placement }) =>
    resNet20({ in: channels, classes: outputs, ...placement }),
});
