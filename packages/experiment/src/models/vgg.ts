/** A small VGG. */

import { vgg as makeVgg } from "@kronograd/layers";
import { defineModel } from "../catalogs/model.ts";

/** `vgg` of the catalog. */
export const vgg = defineModel({
  name: "vgg",
  summary: "six 3 × 3 convolutions in three stacks",
  form: "vgg",
  images: true,
  options: {},
  make: ({ inputShape: [channels = 3], outputs, ...placement }) =>
    makeVgg({ in: channels, classes: outputs, ...placement }),
});
