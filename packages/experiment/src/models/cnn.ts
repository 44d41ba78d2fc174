/** Small convolutions, each with pooling, and one dense layer. */

import { Conv2d, Dense, flatten, maxPool2d, relu, Sequential } from "@kronograd/layers";
import { defineModel } from "../catalogs/model.ts";

/** `cnn` of the catalog. */
export const cnn = defineModel({
  name: "cnn",
  summary: "3 × 3 convolutions, each with ReLU and pooling, then one dense layer",
  form: "cnn:8,16",
  images: true,
  options: {},
  make({ inputShape, outputs, ...placement }, { widths }) {
    const [channels, height, width] = inputShape as [number, number, number];
    const blocks = widths.flatMap((out, i) => [
      new Conv2d({ in: widths[i - 1] ?? channels, out, kernel: 3, padding: 1 }),
      relu(),
      maxPool2d(2),
    ]);
    const left = (size: number) => Math.floor(size / 2 ** widths.length);
    const features = (widths.at(-1) ?? channels) * left(height) * left(width);
    return new Sequential([...blocks, flatten(), new Dense({ in: features, out: outputs })], placement);
  },
});
